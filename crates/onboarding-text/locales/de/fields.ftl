### Labels, hints and buttons of forms.

field-registrationNumber = Registrierungsnummer
field-customerNumber = Kundennummer
field-postcode = Postleitzahl
field-postcode-ch = Postleitzahl
field-firstName = Vorname
field-lastName = Nachname
field-birthDate = Geburtsdatum
field-birthDate-day = Tag
field-birthDate-month = Monat
field-birthDate-year = Jahr
field-email = E-Mail-Adresse
field-emailNew = Neue E-Mail-Adresse
field-username = Benutzername
field-company = Unternehmen
field-password = Passwort
field-passwordCreate = Passwort festlegen
field-passwordPrevious = Bisheriges Passwort
field-passwordNew = Neues Passwort
field-passwordRepeat = Neues Passwort wiederholen
field-activationCode = Aktivierungscode
field-totp = Sicherheitscode
field-businessNumber = Betriebsnummer
field-pin = PIN aus dem Brief

hint-registrationNumber = Steht oben rechts in Ihrem Brief, zum Beispiel { $example }
hint-customerNumber = Steht auf Ihrer Rechnung, zum Beispiel { $example }
hint-birthDate = Zum Beispiel 31 3 1980
hint-lastName-letter = So, wie er in Ihrem Brief steht
hint-email-code = An diese Adresse senden wir Ihren Aktivierungscode
hint-email-link = An diese Adresse senden wir einen Link zur Bestätigung
hint-activationCode = { $n } Zeichen, zum Beispiel { $example }. Sie können den Code aus der E-Mail kopieren und hier einfügen.
hint-totp = { $n } Ziffern aus Ihrer Authenticator-App
hint-businessNumber = Steht oben im Brief mit Ihrer PIN
hint-businessNumber-request = Steht auf Ihrem Beitragsbescheid, zum Beispiel { $example }
hint-code-tolerant = Groß- und Kleinschreibung, Leerzeichen und Bindestriche spielen keine Rolle
hint-code-noLookalikes = Enthält nie die Zeichen { $chars }

btn-show = Anzeigen
btn-hide = Verbergen
btn-resendCode = Neuen Code senden
btn-resendMail = E-Mail erneut senden
btn-confirmEmail = E-Mail-Adresse bestätigen
btn-confirm = Bestätigen

aria-showPassword = Passwort anzeigen
aria-hidePassword = Passwort verbergen
aria-passwordShown = Ihr Passwort ist sichtbar.
aria-passwordHidden = Ihr Passwort ist verborgen.
aria-showField = Anzeigen: { $field }
aria-hideField = Verbergen: { $field }
aria-fieldShown = Jetzt sichtbar: { $field }
aria-fieldHidden = Jetzt verborgen: { $field }

pw-title = Anforderungen an das Passwort
pw-minLength = mindestens { $min } Zeichen
pw-maxLength = höchstens { $max } Zeichen
pw-upper = mindestens ein Großbuchstabe
pw-lower = mindestens ein Kleinbuchstabe
pw-digit = mindestens eine Ziffer
pw-special = mindestens ein Sonderzeichen, zum Beispiel # % + &
pw-notCommon = kein häufig verwendetes Passwort
pw-notPersonal = ohne Ihren Namen und ohne Ihre Nummer
pw-met = erfüllt
pw-unmet = noch nicht erfüllt
pw-tip = Ein langer Satz ist leichter zu merken als ein kurzes, kompliziertes Passwort.
