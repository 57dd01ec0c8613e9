### Signing in and out, passwords, sessions.

login-hint-initial = Your customer number is in our first email, your initial password in the second.
login-title = Sign in
login-submit = Sign in
login-forgot = Forgotten your password?
login-noAccount = No account yet?
login-haveAccount = Already have an account?
login-fail-email = Your email address or password is incorrect. Check both or reset your password.
login-fail-recordNumber = Your customer number or password is incorrect. Check both or reset your password.
login-locked = Too many attempts. Try again from { $time } or reset your password now.
login-initialExpired = Your initial password has expired. Ask us for a new one: { $contact }
login-suspended = Your account is suspended. Contact us: { $contact }
login-required = Sign in to open this page.
login-sharedDevice = Sign out when you have finished, especially on a shared device.

firstPassword-title = Create your own password
firstPassword-why = The initial password only works the first time you sign in. Create your own password now.

password-saved = Your new password has been saved.

totp-title = Enter your security code
totp-intro = Open your authenticator app and enter the code shown.
totp-lost = Cannot use the app? { $contact }
totp-setup-title = Set up your authenticator app
totp-setup-scan = Scan this code with your authenticator app.
totp-setup-manual = Or enter this key in the app:
totp-setup-submit = Finish set-up
totp-setup-done = Your authenticator app has been set up.

logout = Sign out
logout-done = You have signed out.
logout-cleared = We have also removed the data your browser had stored for this portal.

reset-title = Reset your password
reset-intro-email = Enter the email address of your account. We will send you a link.
reset-intro-recordNumber = Enter your customer number. We will send a link to the email address we hold.
reset-submit = Request a link
reset-sent = If there is an account with these details, we have sent an email. The link in it is valid until { $time }.
reset-noAccess = Do you no longer have access to this email address? { $contact }
reset-done = Your password has been changed. You need to sign in again on all other devices.

session-warn = For your security, we will sign you out at { $time }.
session-extend = Stay signed in
session-extended = Your session has been extended until { $time }.
session-expired = Your session has expired. Sign in again.
session-expiredForm = Your session has expired. Your answers are still here. Re-enter only the password and submit the form again.
session-ended = Your session on this device has been ended. Sign in again.
session-ended-password = Your password has been changed. Sign in with the new password.
