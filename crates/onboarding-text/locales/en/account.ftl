### The account, the internal area, linking a business.

account-title = My account
account-saved = Your changes have been saved.
account-profile = Change name and language
account-askPassword = For your security, enter your password
account-name = Change name
account-language = Change language
account-language-hint = Applies to pages, emails and letters
account-email = Change email address
account-email-pending = The new address { $email } takes effect once you have confirmed it.
account-email-sent = We have sent a link to { $email }. Open it to confirm the new address.
account-email-done = Your new email address { $email } is confirmed.
account-password = Change password
account-consents = Manage consents
account-consents-given = Given on { $date }, version { $version }
account-consents-withdrawn = Withdrawn on { $date }
account-consents-pending = Awaiting confirmation by email
account-consents-required = You cannot use the portal without this consent. To withdraw it, delete your account.
account-consents-saved = Your choice has been saved.
account-consents-history = Earlier decisions
consent-withdraw = Withdraw consent
account-sessions = Signed-in devices
account-sessions-current = This device
account-sessions-unknown = Unknown device
account-sessions-last = Last active: { $datetime }
account-sessions-end = Sign out device
account-sessions-endOthers = Sign out all other devices
account-sessions-ended = The device has been signed out.
device-app = App
device-browser = Browser
device-since = Signed in since
device-last = Last active
device-until = Valid until
account-export = Download my data
account-export-intro = The file contains all the information we hold about your account.
account-delete = Delete account
account-delete-warn = You will lose access to the portal. Your contracts remain in force.
account-delete-final = The account cannot be restored afterwards.
account-delete-done = Your account has been deleted.
leave-title = End access: { $company }
leave-warn = After that you will no longer be able to use the portal for { $company }. A super admin can invite you again.
leave-submit = End access
leave-done = Your access has ended.

area-title = My portal
area-lastSignIn = Last sign-in: { $datetime }
area-firstSignIn = This is the first time you have signed in.
area-memberLocked = The members’ area opens once your account is linked to a business.

business-title = My business
business-unlinked = Your account is not yet linked to a business.
business-linked = Your account is linked to { $business }.
business-tasks = How to open the members’ area
business-task-letter = Wait for the letter with your PIN
business-hasPin = Do you already have a PIN, for example on your membership fee notice? Then you can link your account straight away.
business-linkAnother = Link another business
business-unlink = Remove link
business-unlink-warn = You will lose access to the members’ area for { $business }. To get it back, you will need a new PIN.
business-unlink-done = Your account is no longer linked to { $business }.

pin-request = Request a PIN
pin-how = We post the PIN to the address we hold for your business. Allow about { $days } working days.
pin-requested = Your PIN has been requested. If the business number is correct, the letter will go to the address we hold for that business.
pin-wait = You requested a PIN on { $date }. You can request a new one from { $nextDate }.
pin-new = Request a new PIN
pin-replaces = A new PIN replaces the previous one, which will stop working.

businessLink-title = Link to my business
businessLink-warn = After activation we will sign you out automatically. Sign in again to use the members’ area.
businessLink-submit = Activate and sign out
businessLink-signIn = Your account is linked. Sign in again to open the members’ area.
businessLink-done = Your account is linked to { $business }. Sign in again to open the members’ area.

member-title = Members’ area
member-for = You are using the members’ area for { $business }.
