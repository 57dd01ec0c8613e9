### Labels, hints and buttons of forms.

field-registrationNumber = Numero di registrazione
field-customerNumber = Numero cliente
field-postcode = CAP
field-postcode-ch = NPA
field-firstName = Nome
field-lastName = Cognome
field-birthDate = Data di nascita
field-birthDate-day = Giorno
field-birthDate-month = Mese
field-birthDate-year = Anno
field-email = Indirizzo e-mail
field-emailNew = Nuovo indirizzo e-mail
field-username = Nome utente
field-company = Azienda
field-password = Password
field-passwordCreate = Scelga una password
field-passwordPrevious = Password attuale
field-passwordNew = Nuova password
field-passwordRepeat = Ripeta la nuova password
field-activationCode = Codice di attivazione
field-totp = Codice di sicurezza
field-businessNumber = Numero d’impresa
field-pin = PIN ricevuto per posta

hint-registrationNumber = Si trova in alto a destra nella lettera, per esempio { $example }
hint-customerNumber = Si trova sulla fattura, per esempio { $example }
hint-birthDate = Per esempio 31 3 1980
hint-lastName-letter = Come indicato nella lettera
hint-email-code = Invieremo il codice di attivazione a questo indirizzo
hint-email-link = Invieremo un link di conferma a questo indirizzo
hint-activationCode = { $n } caratteri, per esempio { $example }. Può copiare il codice dall’e-mail e incollarlo qui.
hint-totp = { $n } cifre mostrate dall’app di autenticazione
hint-businessNumber = Si trova in alto nella lettera con il PIN
hint-businessNumber-request = Si trova sull’avviso di pagamento dei contributi, per esempio { $example }
hint-code-tolerant = Maiuscole, spazi e trattini non hanno importanza
hint-code-noLookalikes = Non contiene mai i caratteri { $chars }

btn-show = Mostra
btn-hide = Nascondi
btn-resendCode = Invia un nuovo codice
btn-resendMail = Invia di nuovo l’e-mail
btn-confirmEmail = Conferma l’indirizzo e-mail
btn-confirm = Conferma

aria-showPassword = Mostra la password
aria-hidePassword = Nascondi la password
aria-passwordShown = La password è visibile.
aria-passwordHidden = La password è nascosta.
aria-showField = Mostra: { $field }
aria-hideField = Nascondi: { $field }
aria-fieldShown = Ora visibile: { $field }
aria-fieldHidden = Ora nascosta: { $field }

pw-title = Requisiti della password
pw-minLength = almeno { $min } caratteri
pw-maxLength = al massimo { $max } caratteri
pw-upper = almeno una lettera maiuscola
pw-lower = almeno una lettera minuscola
pw-digit = almeno una cifra
pw-special = almeno un carattere speciale, per esempio # % + &
pw-notCommon = nessuna password di uso comune
pw-notPersonal = senza il suo nome né il suo numero
pw-met = soddisfatto
pw-unmet = non ancora soddisfatto
pw-tip = Una frase lunga si ricorda più facilmente di una password breve e complicata.
