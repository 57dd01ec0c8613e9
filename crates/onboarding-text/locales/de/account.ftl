### The account, the internal area, linking a business.

account-title = Mein Konto
account-saved = Ihre Änderungen sind gespeichert.
account-profile = Name und Sprache ändern
account-askPassword = Geben Sie zu Ihrer Sicherheit Ihr Passwort ein
account-name = Name ändern
account-language = Sprache ändern
account-language-hint = Gilt für Seiten, E-Mails und Briefe
account-email = E-Mail-Adresse ändern
account-email-pending = Die neue Adresse { $email } gilt, sobald Sie sie bestätigt haben.
account-email-sent = Wir haben einen Link an { $email } gesendet. Öffnen Sie ihn, um die neue Adresse zu bestätigen.
account-email-done = Ihre neue E-Mail-Adresse { $email } ist bestätigt.
account-password = Passwort ändern
account-consents = Einwilligungen verwalten
account-consents-given = Erteilt am { $date }, Fassung { $version }
account-consents-withdrawn = Widerrufen am { $date }
account-consents-pending = Bestätigung per E-Mail offen
account-consents-required = Ohne diese Einwilligung können Sie das Portal nicht nutzen. Um sie zu widerrufen, löschen Sie Ihr Konto.
account-consents-saved = Ihre Auswahl ist gespeichert.
account-consents-history = Frühere Entscheidungen
consent-withdraw = Einwilligung widerrufen
account-sessions = Angemeldete Geräte
account-sessions-current = Dieses Gerät
account-sessions-unknown = Unbekanntes Gerät
account-sessions-last = Zuletzt aktiv: { $datetime }
account-sessions-end = Gerät abmelden
account-sessions-endOthers = Alle anderen Geräte abmelden
account-sessions-ended = Das Gerät ist abgemeldet.
device-app = App
device-browser = Browser
device-since = Angemeldet seit
device-last = Zuletzt aktiv
device-until = Gültig bis
account-export = Meine Daten herunterladen
account-export-intro = Die Datei enthält alle Angaben, die wir zu Ihrem Konto gespeichert haben.
account-delete = Konto löschen
account-delete-warn = Sie verlieren damit den Zugang zum Portal. Ihre Verträge bleiben bestehen.
account-delete-final = Das Konto lässt sich danach nicht wiederherstellen.
account-delete-done = Ihr Konto ist gelöscht.
leave-title = Zugang beenden: { $company }
leave-warn = Sie können das Portal danach nicht mehr für { $company } nutzen. Die Hauptadministration Ihres Unternehmens kann Sie wieder einladen.
leave-submit = Zugang beenden
leave-done = Ihr Zugang ist beendet.

area-title = Mein Bereich
area-lastSignIn = Letzte Anmeldung: { $datetime }
area-firstSignIn = Dies ist Ihre erste Anmeldung.
area-memberLocked = Der Mitgliederbereich öffnet sich, sobald Ihr Konto mit einem Betrieb verknüpft ist.

business-title = Mein Betrieb
business-unlinked = Ihr Konto ist noch nicht mit einem Betrieb verknüpft.
business-linked = Ihr Konto ist mit { $business } verknüpft.
business-tasks = So öffnen Sie den Mitgliederbereich
business-task-letter = Brief mit der PIN abwarten
business-hasPin = Sie haben schon eine PIN, zum Beispiel auf Ihrem Beitragsbescheid? Dann können Sie Ihr Konto direkt verknüpfen.
business-linkAnother = Weiteren Betrieb verknüpfen
business-unlink = Verknüpfung lösen
business-unlink-warn = Sie verlieren damit den Zugang zum Mitgliederbereich für { $business }. Um ihn wieder zu öffnen, benötigen Sie eine neue PIN.
business-unlink-done = Ihr Konto ist nicht mehr mit { $business } verknüpft.

pin-request = PIN anfordern
pin-how = Wir senden die PIN per Post an die Adresse, die bei uns für Ihren Betrieb hinterlegt ist. Rechnen Sie mit etwa { $days } Werktagen.
pin-requested = Ihre PIN ist angefordert. Wenn die Betriebsnummer stimmt, geht der Brief an die Adresse, die bei uns für diesen Betrieb hinterlegt ist.
pin-wait = Sie haben am { $date } eine PIN angefordert. Ab { $nextDate } können Sie eine neue anfordern.
pin-new = Neue PIN anfordern
pin-replaces = Eine neue PIN ersetzt die bisherige. Die bisherige gilt dann nicht mehr.

businessLink-title = Mit meinem Betrieb verknüpfen
businessLink-warn = Nach der Freischaltung melden wir Sie automatisch ab. Melden Sie sich danach wieder an, um den Mitgliederbereich zu nutzen.
businessLink-submit = Freischalten und abmelden
businessLink-signIn = Ihr Konto ist verknüpft. Melden Sie sich wieder an, um den Mitgliederbereich zu öffnen.
businessLink-done = Ihr Konto ist mit { $business } verknüpft. Melden Sie sich wieder an, um den Mitgliederbereich zu öffnen.

member-title = Mitgliederbereich
member-for = Sie nutzen den Mitgliederbereich für { $business }.
