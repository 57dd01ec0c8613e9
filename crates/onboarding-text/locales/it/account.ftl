### The account, the internal area, linking a business.

account-title = Il mio account
account-saved = Le modifiche sono state salvate.
account-profile = Modifica nome e lingua
account-askPassword = Per sicurezza inserisca la password
account-name = Modifica del nome
account-language = Modifica della lingua
account-language-hint = Vale per pagine, e-mail e lettere
account-email = Modifica dell’indirizzo e-mail
account-email-pending = Il nuovo indirizzo { $email } sarà valido non appena lo avrà confermato.
account-email-sent = Abbiamo inviato un link a { $email }. Lo apra per confermare il nuovo indirizzo.
account-email-done = Il nuovo indirizzo e-mail { $email } è confermato.
account-password = Modifica della password
account-consents = Gestione dei consensi
account-consents-given = Prestato in data { $date }, versione { $version }
account-consents-withdrawn = Revocato in data { $date }
account-consents-pending = Conferma per e-mail in sospeso
account-consents-required = Senza questo consenso non può utilizzare il portale. Per revocarlo, elimini l’account.
account-consents-saved = La scelta è stata salvata.
account-consents-history = Decisioni precedenti
consent-withdraw = Revoca il consenso
account-sessions = Dispositivi connessi
account-sessions-current = Questo dispositivo
account-sessions-unknown = Dispositivo sconosciuto
account-sessions-last = Ultima attività: { $datetime }
account-sessions-end = Disconnetti il dispositivo
account-sessions-endOthers = Disconnetti tutti gli altri dispositivi
account-sessions-ended = Il dispositivo è stato disconnesso.
device-app = App
device-browser = Browser
device-since = Inizio della sessione
device-last = Ultima attività
device-until = Scadenza
account-export = Scarica i miei dati
account-export-intro = Il file contiene tutti i dati salvati per il suo account.
account-delete = Elimina l’account
account-delete-warn = Perderà l’accesso al portale. I suoi contratti restano in vigore.
account-delete-final = L’account non potrà essere ripristinato.
account-delete-done = L’account è stato eliminato.
leave-title = Rinuncia all’accesso: { $company }
leave-warn = In seguito non potrà più utilizzare il portale per { $company }. L’amministrazione principale dell’azienda può invitarla di nuovo.
leave-submit = Rinuncia all’accesso
leave-done = Ha rinunciato all’accesso.

area-title = Area personale
area-lastSignIn = Ultimo accesso: { $datetime }
area-firstSignIn = Questo è il suo primo accesso.
area-memberLocked = L’area membri sarà accessibile non appena il suo account sarà collegato a un’impresa.

business-title = La mia impresa
business-unlinked = Il suo account non è ancora collegato a un’impresa.
business-linked = Il suo account è collegato a { $business }.
business-tasks = Come aprire l’area membri
business-task-letter = Attendere la lettera con il PIN
business-hasPin = Ha già un PIN, per esempio sull’avviso di pagamento dei contributi? Può collegare subito il suo account.
business-linkAnother = Collega un’altra impresa
business-unlink = Rimuovi il collegamento
business-unlink-warn = Perderà l’accesso all’area membri per { $business }. Per ripristinarlo servirà un nuovo PIN.
business-unlink-done = Il suo account non è più collegato a { $business }.

pin-request = Richiedi il PIN
pin-how = Inviamo il PIN per posta all’indirizzo registrato per la sua impresa. Sono necessari circa { $days } giorni lavorativi.
pin-requested = Il PIN è stato richiesto. Se il numero d’impresa è corretto, la lettera sarà inviata all’indirizzo registrato per questa impresa.
pin-wait = Ha richiesto un PIN in data { $date }. Potrà richiederne uno nuovo a partire da questa data: { $nextDate }.
pin-new = Richiedi un nuovo PIN
pin-replaces = Un nuovo PIN sostituisce il precedente, che non sarà più valido.

businessLink-title = Collegamento alla mia impresa
businessLink-warn = Dopo l’attivazione la sessione terminerà automaticamente. Acceda di nuovo per utilizzare l’area membri.
businessLink-submit = Attiva ed esci
businessLink-signIn = Il suo account è collegato. Acceda di nuovo per aprire l’area membri.
businessLink-done = Il suo account è collegato a { $business }. Acceda di nuovo per aprire l’area membri.

member-title = Area membri
member-for = Sta utilizzando l’area membri per { $business }.
