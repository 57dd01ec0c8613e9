### Labels, hints and buttons of forms.

field-registrationNumber = Registration number
field-customerNumber = Customer number
field-postcode = Postcode
field-postcode-ch = Postcode
field-firstName = First name
field-lastName = Last name
field-birthDate = Date of birth
field-birthDate-day = Day
field-birthDate-month = Month
field-birthDate-year = Year
field-email = Email address
field-emailNew = New email address
field-username = Username
field-company = Company
field-password = Password
field-passwordCreate = Create a password
field-passwordPrevious = Previous password
field-passwordNew = New password
field-passwordRepeat = Re-enter new password
field-activationCode = Activation code
field-totp = Security code
field-businessNumber = Business number
field-pin = PIN from your letter

hint-registrationNumber = It is at the top right of your letter, for example { $example }
hint-customerNumber = It is on your invoice, for example { $example }
hint-birthDate = For example, 31 3 1980
hint-lastName-letter = As shown in your letter
hint-email-code = We will send your activation code to this address
hint-email-link = We will send a confirmation link to this address
hint-activationCode = { $n } characters, for example { $example }. You can copy the code from the email and paste it here.
hint-totp = { $n } digits from your authenticator app
hint-businessNumber = It is at the top of the letter with your PIN
hint-businessNumber-request = It is on your membership fee notice, for example { $example }
hint-code-tolerant = Capital letters, spaces and hyphens do not matter
hint-code-noLookalikes = Never contains the characters { $chars }

btn-show = Show
btn-hide = Hide
btn-resendCode = Send a new code
btn-resendMail = Send the email again
btn-confirmEmail = Confirm email address
btn-confirm = Confirm

aria-showPassword = Show password
aria-hidePassword = Hide password
aria-passwordShown = Your password is visible.
aria-passwordHidden = Your password is hidden.
aria-showField = Show: { $field }
aria-hideField = Hide: { $field }
aria-fieldShown = Now visible: { $field }
aria-fieldHidden = Now hidden: { $field }

pw-title = Password requirements
pw-minLength = at least { $min } characters
pw-maxLength = no more than { $max } characters
pw-upper = at least one capital letter
pw-lower = at least one lower-case letter
pw-digit = at least one number
pw-special = at least one special character, for example # % + &
pw-notCommon = not a commonly used password
pw-notPersonal = without your name or number
pw-met = met
pw-unmet = not yet met
pw-tip = A long phrase is easier to remember than a short, complicated password.
