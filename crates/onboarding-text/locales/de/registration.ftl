### From the register form to the finished set-up.

consent-legend = Bedingungen und Einwilligungen
consent-terms = Ich stimme den { $link } zu.
consent-terms-link = Nutzungsbedingungen
consent-privacy = Ich habe die { $link } gelesen.
consent-privacy-link = Datenschutzhinweise
consent-edelivery = Ich bin einverstanden, Schreiben elektronisch statt per Post zu erhalten.
consent-edelivery-link = Bedingungen für den elektronischen Versand
consent-marketing = Ich möchte Neuigkeiten und Angebote per E-Mail erhalten. Ich kann dies jederzeit widerrufen.
consent-marketing-link = Einzelheiten zu Neuigkeiten und Angeboten
consent-marketing-doubleOptIn = Dazu senden wir Ihnen eine E-Mail. Ihre Einwilligung gilt erst, wenn Sie sie dort bestätigt haben.
consent-other = Ich stimme zu: { $link }

marketing-confirm-title = Einwilligung bestätigen
marketing-confirm-ask = Möchten Sie Neuigkeiten und Angebote an { $email } erhalten?
marketing-confirm-done = Vielen Dank. Ihre Einwilligung ist bestätigt. Sie können sie jederzeit widerrufen.
marketing-withdraw = Keine Neuigkeiten mehr erhalten
marketing-withdrawn = Sie erhalten keine Neuigkeiten und Angebote mehr per E-Mail.

accept-title = Wir haben unsere Dokumente aktualisiert
accept-body = Lesen Sie die neue Fassung, bevor Sie fortfahren.
accept-validFrom = Die neue Fassung gilt ab { $date }.
accept-changes = Das ist neu
accept-decline = Nicht zustimmen und abmelden
accept-decline-info = Ohne Ihre Zustimmung können Sie das Portal nicht nutzen. Ihr Konto bleibt bestehen. Sie können Ihre Daten herunterladen oder das Konto löschen.
accept-done = Vielen Dank. Ihre Zustimmung ist gespeichert.

register-title = Konto erstellen
register-intro = Halten Sie Ihren Brief mit der Registrierungsnummer bereit.
register-submit = Konto erstellen
register-noNumber = Sie finden den Brief oder die Nummer nicht? { $contact }
register-closed-title = Die Registrierung ist zurzeit geschlossen
register-closed-body = Wenn Sie schon ein Konto haben, können Sie sich weiterhin anmelden. Fragen? { $contact }
register-expired-title = Ihre Registrierung ist abgelaufen
register-expired-body = Es wurde kein Konto erstellt. Registrieren Sie sich noch einmal.
register-restart = Neu registrieren
register-done-title = Geschafft!
register-done-body = Ihr Konto ist aktiviert. Sie können sich jetzt anmelden.
register-done-app = Sie können sich auch in der App anmelden.
register-sent = Vielen Dank. Bestätigen Sie jetzt Ihre E-Mail-Adresse über den Link, den wir an { $email } gesendet haben.
register-portal-title = Im Portal registrieren

confirm-title = E-Mail-Adresse bestätigen
confirm-codeSent = Wir haben einen Aktivierungscode an { $email } gesendet. Er gilt bis { $datetime }.
confirm-codeOrLink = Die E-Mail enthält auch einen Link. Code oder Link: Eines von beiden genügt.
confirm-linkSent = Wir haben eine E-Mail an { $email } gesendet. Öffnen Sie den Link darin, um Ihre Adresse zu bestätigen.
confirm-noMail-title = Keine E-Mail erhalten?
confirm-noMail-body = Sehen Sie im Spam-Ordner nach. Die E-Mail kommt von { $sender }.
confirm-ask = Möchten Sie die Adresse { $email } für Ihr Konto bestätigen?
confirm-already = Ihre E-Mail-Adresse ist bereits bestätigt. Sie können sich anmelden.
confirm-alreadyPending = Ihre E-Mail-Adresse ist bereits bestätigt. Ihre Registrierung wird noch geprüft.
confirm-done = Ihre E-Mail-Adresse ist bestätigt.
confirm-passwordSent = Ihre E-Mail-Adresse ist bestätigt. Wir haben Ihnen ein Passwort per E-Mail gesendet.
confirm-passwordMissing = Keine E-Mail mit dem Passwort erhalten? Sehen Sie im Spam-Ordner nach oder setzen Sie Ihr Passwort zurück.

resend-wait = Ab { $time } Uhr können Sie eine neue E-Mail anfordern.
resend-done = Wir haben eine neue E-Mail an { $email } gesendet. Verwenden Sie nur die neueste E-Mail.
resend-limit = Heute können wir an diese Adresse keine weitere E-Mail senden. Eine neue können Sie ab { $datetime } anfordern.

link-changeEmail = E-Mail-Adresse ändern
link-expired-title = Dieser Link ist abgelaufen
link-expired-body = Aus Sicherheitsgründen gelten unsere Links nur für begrenzte Zeit. Fordern Sie eine neue E-Mail an.
link-superseded = Dieser Link wurde durch einen neueren ersetzt. Öffnen Sie die neueste E-Mail, die Sie von uns erhalten haben.
link-expired-invite = Bitten Sie die Person, die Sie eingeladen hat, um eine neue Einladung.
link-used-title = Dieser Link wurde bereits verwendet
link-used-body = Jeder Link gilt nur einmal. Melden Sie sich an oder fordern Sie eine neue E-Mail an.
link-incomplete-title = Dieser Link ist unvollständig
link-incomplete-body = Kopieren Sie den ganzen Link aus der E-Mail und öffnen Sie ihn noch einmal.

changeEmail-note = Wenn Sie die Adresse ändern, gelten der bisherige Code und der bisherige Link nicht mehr.

claim-title = Registrierung für Unternehmen
claim-intro = Geben Sie Ihre Kundennummer und die Postleitzahl Ihrer Rechnungsadresse ein.
claim-intro-ch = Geben Sie Ihre Kundennummer und die Postleitzahl Ihrer Rechnungsadresse ein.

details-title = Ihre Angaben
details-masked = Zum Schutz der Daten zeigen wir den Namen nur teilweise
details-submit = Registrieren

pending-title = Ihre Registrierung wird geprüft
pending-body = Eine berechtigte Person in Ihrem Unternehmen muss den Zugang freigeben. Danach erhalten Sie eine E-Mail.
pending-body-clerk = Wir prüfen Ihre Angaben. Sobald der Zugang freigegeben ist, erhalten Sie eine E-Mail.
pending-time = Rechnen Sie mit etwa { $days } Werktagen.
pending-expiry = Ohne Freigabe läuft die Registrierung am { $date } ab.
pending-approved-title = Ihr Zugang ist freigegeben
pending-approved-body = Öffnen Sie den Link in der E-Mail an { $email }, um Ihren Zugang einzurichten.
pending-rejected-title = Ihre Registrierung wurde nicht freigegeben
pending-rejected-reason = Grund: { $reason }
pending-rejected-body = Wenden Sie sich an Ihr Unternehmen oder an uns: { $contact }

setup-welcome-title = Willkommen, { $name }
setup-welcome-body = Ihr Zugang ist freigegeben. Richten Sie ihn jetzt in drei Schritten ein: Nutzungsbedingungen, Datenschutz, Passwort.
setup-tasks = Ihre Schritte
setup-pause = Sie können jederzeit unterbrechen und den Link in der E-Mail bis { $datetime } wieder öffnen.
setup-already = Ihr Zugang ist bereits eingerichtet. Sie können sich anmelden.
setup-terms-title = Nutzungsbedingungen
setup-terms-accept = Zustimmen und weiter
setup-privacy-title = Datenschutzhinweise
setup-privacy-accept = Gelesen und weiter
setup-password-title = Passwort festlegen

invite-body = { $inviter } lädt Sie ein, { $portal } für { $company } zu nutzen.
invite-role = Ihre Rolle: { $role }
invite-checkName = Prüfen Sie Ihren Namen und ändern Sie ihn bei Bedarf.
invite-existing-body = Für { $email } gibt es schon ein Konto. Melden Sie sich an, um die Einladung anzunehmen.
invite-existing-submit = Anmelden und Einladung annehmen
invite-wrongAccount = Diese Einladung gilt für { $email }. Melden Sie sich ab und mit dieser Adresse wieder an.
invite-accepted = Die Einladung ist angenommen. Ihr Konto ist jetzt auch mit { $company } verknüpft.
invite-alreadyMember = Ihr Konto ist bereits mit { $company } verknüpft. Sie müssen nichts weiter tun.
invite-revoked = Diese Einladung wurde zurückgezogen. Wenden Sie sich an die Person, die Sie eingeladen hat.

ok-passwordSet = Ihr Passwort ist gespeichert. Melden Sie sich jetzt an.
confirm-deny = Das war ich nicht
