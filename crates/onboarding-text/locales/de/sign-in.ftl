### Signing in and out, passwords, sessions.

login-hint-initial = Die Kundennummer steht in unserer ersten E-Mail, das Initialpasswort in der zweiten.
login-title = Anmelden
login-submit = Anmelden
login-forgot = Passwort vergessen?
login-noAccount = Noch kein Konto?
login-haveAccount = Sie haben schon ein Konto?
login-fail-email = E-Mail-Adresse oder Passwort stimmt nicht. Prüfen Sie beide Angaben oder setzen Sie Ihr Passwort zurück.
login-fail-recordNumber = Kundennummer oder Passwort stimmt nicht. Prüfen Sie beide Angaben oder setzen Sie Ihr Passwort zurück.
login-locked = Zu viele Versuche. Versuchen Sie es ab { $time } Uhr noch einmal oder setzen Sie jetzt Ihr Passwort zurück.
login-initialExpired = Ihr Initialpasswort ist abgelaufen. Fordern Sie bei uns ein neues an: { $contact }
login-suspended = Ihr Konto ist gesperrt. Wenden Sie sich an uns: { $contact }
login-required = Melden Sie sich an, um diese Seite zu öffnen.
login-sharedDevice = Melden Sie sich ab, wenn Sie fertig sind, vor allem auf gemeinsam genutzten Geräten.

firstPassword-title = Eigenes Passwort festlegen
firstPassword-why = Das Initialpasswort gilt nur für die erste Anmeldung. Legen Sie jetzt Ihr eigenes Passwort fest.

password-saved = Ihr neues Passwort ist gespeichert.

totp-title = Sicherheitscode eingeben
totp-intro = Öffnen Sie Ihre Authenticator-App und geben Sie den angezeigten Code ein.
totp-lost = Kein Zugriff auf die App? { $contact }
totp-setup-title = Authenticator-App einrichten
totp-setup-scan = Scannen Sie diesen Code mit Ihrer Authenticator-App.
totp-setup-manual = Oder geben Sie diesen Schlüssel in der App ein:
totp-setup-submit = Einrichtung abschließen
totp-setup-done = Die Authenticator-App ist eingerichtet.

logout = Abmelden
logout-done = Sie sind abgemeldet.
logout-cleared = Wir haben auch die Daten entfernt, die Ihr Browser für dieses Portal gespeichert hatte.

reset-title = Passwort zurücksetzen
reset-intro-email = Geben Sie die E-Mail-Adresse Ihres Kontos ein. Wir senden Ihnen einen Link.
reset-intro-recordNumber = Geben Sie Ihre Kundennummer ein. Wir senden einen Link an die hinterlegte E-Mail-Adresse.
reset-submit = Link anfordern
reset-sent = Wenn es zu diesen Angaben ein Konto gibt, haben wir eine E-Mail gesendet. Der Link darin gilt bis { $time } Uhr.
reset-noAccess = Sie haben keinen Zugriff mehr auf diese E-Mail-Adresse? { $contact }
reset-done = Ihr Passwort ist geändert. Auf allen anderen Geräten ist eine neue Anmeldung nötig.

session-warn = Aus Sicherheitsgründen melden wir Sie um { $time } Uhr ab.
session-extend = Angemeldet bleiben
session-extended = Ihre Sitzung ist bis { $time } Uhr verlängert.
session-expired = Ihre Sitzung ist abgelaufen. Melden Sie sich erneut an.
session-expiredForm = Ihre Sitzung ist abgelaufen. Ihre Angaben sind noch da. Geben Sie nur das Passwort neu ein und senden Sie das Formular noch einmal ab.
session-ended = Ihre Sitzung auf diesem Gerät wurde beendet. Melden Sie sich erneut an.
session-ended-password = Ihr Passwort wurde geändert. Melden Sie sich mit dem neuen Passwort an.
