### What every page shares, the start page and the installed app.

common-skip = Vai al contenuto
common-language = Lingua
common-back = Indietro
common-continue = Continua
common-cancel = Annulla
common-save = Salva
common-change = Modifica
common-print = Stampa
common-optional = (facoltativo)
common-allRequired = Tutti i campi sono obbligatori, salvo quelli indicati come facoltativi.
common-errorPrefix = Errore:
common-problem = C’è un problema
common-success = Operazione riuscita
common-step = Passaggio { $n } di { $total }
common-help = Aiuto e contatti
common-imprint = Note legali
common-privacy = Protezione dei dati
common-a11y = Accessibilità
common-a11yReport = Segnala un problema di accessibilità
common-newTab = (si apre in una nuova scheda)
common-home = Vai alla pagina iniziale
common-homeLogo = { $portal }, pagina iniziale
common-yes = Sì
common-no = No
common-search = Cerca
common-download = Scarica
common-remove = Rimuovi
common-changeField = Modifica: { $field }
common-notGiven = Non indicato
common-labelled = { $name }: { $value }
common-warning = Attenzione
common-questions = Domande? { $contact }
common-page = Pagina { $n } di { $total }
common-nav-main = Navigazione principale
common-nav-account = Navigazione dell’account
common-nav-footer = Piè di pagina
common-signedInAs = Accesso effettuato come { $name }
common-cookies = Utilizziamo solo i cookie necessari per l’accesso e la scelta della lingua.

task-done = Completato
task-inProgress = In corso
task-todo = Da fare
task-notYet = Non ancora possibile

document-edition = Versione { $version }
document-version = Versione { $version } ({ $date })
document-pdf = Scarica in PDF ({ $size })
document-outdated = Questa è una versione precedente.
document-current = Vai alla versione attuale

start-title = Le diamo il benvenuto
start-choosePortal = Scelta del portale
start-firstTime = È la prima volta?
start-intro-letter = Ha ricevuto una lettera con un numero di registrazione. La tenga a portata di mano e crei il suo account.
start-intro-claim = La sua azienda ha un numero cliente presso di noi. Tenga a portata di mano una fattura e si registri.
start-intro-provisioned = Dopo la conclusione del contratto riceverà due e-mail: una con il numero cliente e una con la password iniziale. Con questi dati può accedere per la prima volta.
start-intro-open = Si registri con il suo nome, il suo indirizzo e-mail e la sua data di nascita. Le invieremo la password per e-mail.
start-intro-membership = Per l’area membri servono anche il numero d’impresa e un PIN. Il PIN arriva per posta.
start-invited = Ha ricevuto un invito? Apra il link che contiene.

app-entry = Portale clienti
app-install = Installa l’app
app-open = Apri l’app

embed-signIn = Accedi
embed-toPortal = Vai al portale clienti

offline-title = Nessuna connessione a internet
offline-body = Ripristini la connessione e ricarichi la pagina.
offline-retry = Ricarica la pagina
