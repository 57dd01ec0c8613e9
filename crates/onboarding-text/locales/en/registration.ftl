### From the register form to the finished set-up.

consent-legend = Terms and consents
consent-terms = I agree to the { $link }.
consent-terms-link = terms of use
consent-privacy = I have read the { $link }.
consent-privacy-link = privacy notice
consent-edelivery = I agree to receive letters electronically instead of by post.
consent-edelivery-link = Terms for electronic delivery
consent-marketing = I want to receive news and offers by email. I can withdraw this consent at any time.
consent-marketing-link = Details about news and offers
consent-marketing-doubleOptIn = We will send you an email about this. Your consent only takes effect once you have confirmed it there.
consent-other = I agree to: { $link }

marketing-confirm-title = Confirm your consent
marketing-confirm-ask = Do you want to receive news and offers at { $email }?
marketing-confirm-done = Thank you. Your consent is confirmed. You can withdraw it at any time.
marketing-withdraw = Stop receiving news
marketing-withdrawn = You will no longer receive news and offers by email.

accept-title = We have updated our documents
accept-body = Read the new version before you continue.
accept-validFrom = The new version applies from { $date }.
accept-changes = What has changed
accept-decline = Decline and sign out
accept-decline-info = You cannot use the portal unless you agree. Your account will not be deleted. You can download your data or delete the account.
accept-done = Thank you. Your agreement has been saved.

register-title = Create an account
register-intro = Have your letter with the registration number ready.
register-submit = Create account
register-noNumber = Cannot find the letter or the number? { $contact }
register-closed-title = Registration is currently closed
register-closed-body = If you already have an account, you can still sign in. Questions? { $contact }
register-expired-title = Your registration has expired
register-expired-body = No account has been created. Register again.
register-restart = Register again
register-done-title = All done
register-done-body = Your account is active. You can now sign in.
register-done-app = You can also sign in using the app.
register-sent = Thank you. Now confirm your email address using the link we sent to { $email }.
register-portal-title = Register for the portal

confirm-title = Confirm your email address
confirm-codeSent = We have sent an activation code to { $email }. It is valid until { $datetime }.
confirm-codeOrLink = The email also contains a link. You only need the code or the link, not both.
confirm-linkSent = We have sent an email to { $email }. Open the link in it to confirm your address.
confirm-noMail-title = Not received an email?
confirm-noMail-body = Check your spam folder. The email comes from { $sender }.
confirm-ask = Do you want to confirm the address { $email } for your account?
confirm-already = Your email address is already confirmed. You can sign in.
confirm-alreadyPending = Your email address is already confirmed. Your registration is still being reviewed.
confirm-done = Your email address is confirmed.
confirm-passwordSent = Your email address is confirmed. We have emailed you a password.
confirm-passwordMissing = Not received the email with your password? Check your spam folder or reset your password.

resend-wait = You can request a new email from { $time }.
resend-done = We have sent a new email to { $email }. Use only the latest one.
resend-limit = We cannot send another email to this address today. You can request a new one from { $datetime }.

link-changeEmail = Change email address
link-expired-title = This link has expired
link-expired-body = For security reasons our links only work for a limited time. Request a new email.
link-superseded = This link has been replaced by a newer one. Open the latest email you received from us.
link-expired-invite = Ask the person who invited you for a new invitation.
link-used-title = This link has already been used
link-used-body = Each link can only be used once. Sign in or request a new email.
link-incomplete-title = This link is incomplete
link-incomplete-body = Copy the whole link from the email and open it again.

changeEmail-note = If you change the address, the code and link we have already sent will stop working.

claim-title = Registration for companies
claim-intro = Enter your customer number and the postcode of your billing address.
claim-intro-ch = Enter your customer number and the postcode of your billing address.

details-title = Your details
details-masked = To protect the data, we only show part of the name
details-submit = Register

pending-title = Your registration is being reviewed
pending-body = An authorised person at your company must approve your access. You will then receive an email.
pending-body-clerk = We are checking your details. You will receive an email as soon as your access has been approved.
pending-time = Allow about { $days } working days.
pending-expiry = If it is not approved, the registration will expire on { $date }.
pending-approved-title = Your access has been approved
pending-approved-body = Open the link in the email we sent to { $email } to set up your access.
pending-rejected-title = Your registration was not approved
pending-rejected-reason = Reason: { $reason }
pending-rejected-body = Contact your company or get in touch with us: { $contact }

setup-welcome-title = Welcome, { $name }
setup-welcome-body = Your access has been approved. Set it up now in three steps: terms of use, privacy, password.
setup-tasks = Your steps
setup-pause = You can stop at any time and open the link in the email again until { $datetime }.
setup-already = Your access has already been set up. You can sign in.
setup-terms-title = Terms of use
setup-terms-accept = Agree and continue
setup-privacy-title = Privacy notice
setup-privacy-accept = I have read this and want to continue
setup-password-title = Create a password

invite-body = { $inviter } invites you to use { $portal } for { $company }.
invite-role = Your role: { $role }
invite-checkName = Check your name and change it if necessary.
invite-existing-body = There is already an account for { $email }. Sign in to accept the invitation.
invite-existing-submit = Sign in and accept invitation
invite-wrongAccount = This invitation is for { $email }. Sign out, then sign in again with this address.
invite-accepted = The invitation has been accepted. Your account is now also linked to { $company }.
invite-alreadyMember = Your account is already linked to { $company }. You do not need to do anything else.
invite-revoked = This invitation has been withdrawn. Contact the person who sent it to you.

ok-passwordSet = Your password has been saved. Sign in now.
confirm-deny = That wasn’t me
