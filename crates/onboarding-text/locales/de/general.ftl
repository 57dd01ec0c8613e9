### What every page shares, the start page and the installed app.

common-skip = Zum Inhalt springen
common-language = Sprache
common-back = Zurück
common-continue = Weiter
common-cancel = Abbrechen
common-save = Speichern
common-change = Ändern
common-print = Drucken
common-optional = (freiwillig)
common-allRequired = Füllen Sie alle Felder aus, die nicht als freiwillig gekennzeichnet sind.
common-errorPrefix = Fehler:
common-problem = Es gibt ein Problem
common-success = Erledigt
common-step = Schritt { $n } von { $total }
common-help = Hilfe und Kontakt
common-imprint = Impressum
common-privacy = Datenschutz
common-a11y = Barrierefreiheit
common-a11yReport = Barriere melden
common-newTab = (öffnet in neuem Tab)
common-home = Zur Startseite
common-homeLogo = { $portal }, Startseite
common-yes = Ja
common-no = Nein
common-search = Suchen
common-download = Herunterladen
common-remove = Entfernen
common-changeField = Ändern: { $field }
common-notGiven = Nicht angegeben
common-labelled = { $name }: { $value }
common-warning = Achtung
common-questions = Fragen? { $contact }
common-page = Seite { $n } von { $total }
common-nav-main = Hauptnavigation
common-nav-account = Navigation im Konto
common-nav-footer = Fußzeile
common-signedInAs = Angemeldet als { $name }
common-cookies = Wir verwenden nur Cookies, die für die Anmeldung und Ihre Sprachwahl nötig sind.

task-done = Erledigt
task-inProgress = In Bearbeitung
task-todo = Noch offen
task-notYet = Noch nicht möglich

document-edition = Fassung { $version }
document-version = Fassung { $version } vom { $date }
document-pdf = Als PDF herunterladen ({ $size })
document-outdated = Dies ist eine frühere Fassung.
document-current = Zur aktuellen Fassung

start-title = Willkommen
start-choosePortal = Portal wählen
start-firstTime = Zum ersten Mal hier?
start-intro-letter = Sie haben einen Brief mit einer Registrierungsnummer erhalten. Halten Sie ihn bereit und erstellen Sie Ihr Konto.
start-intro-claim = Ihr Unternehmen hat bei uns eine Kundennummer. Halten Sie eine Rechnung bereit und registrieren Sie sich.
start-intro-provisioned = Nach dem Abschluss Ihres Vertrags erhalten Sie zwei E-Mails: eine mit Ihrer Kundennummer und eine mit dem Initialpasswort. Damit melden Sie sich zum ersten Mal an.
start-intro-open = Registrieren Sie sich mit Ihrem Namen, Ihrer E-Mail-Adresse und Ihrem Geburtsdatum. Das Passwort senden wir Ihnen per E-Mail.
start-intro-membership = Für den Mitgliederbereich benötigen Sie außerdem die Betriebsnummer und eine PIN. Die PIN erhalten Sie per Post.
start-invited = Sie haben eine Einladung erhalten? Öffnen Sie den Link darin.

app-entry = Kundenportal
app-install = App installieren
app-open = App öffnen

embed-signIn = Anmelden
embed-toPortal = Zum Kundenportal

offline-title = Keine Internetverbindung
offline-body = Stellen Sie die Verbindung wieder her und laden Sie die Seite neu.
offline-retry = Seite neu laden
