### Letters.

letter-greeting = Buongiorno,
letter-personal = Riservata personale
letter-return = In caso di mancato recapito restituire a:
letter-reg-subject = Il suo numero di registrazione per { $portal }
letter-reg-body = Crei il suo account con questo numero e il suo cognome: { $url }
letter-reg-app = Registrarsi nell’app
letter-reg-web = Registrarsi nel browser
letter-reg-next = Poi le invieremo un’e-mail con cui potrà attivare il suo account.
letter-pin-subject = Il suo PIN per { $portal }
letter-pin-label = Il suo PIN
letter-pin-body = In data { $date }, { $name } ha richiesto un PIN per collegare un account a { $business }.
letter-pin-reissued = In data { $date } abbiamo emesso un nuovo PIN per { $name } per collegare un account a { $business }.
letter-pin-step1 = Apra { $url } ed effettui l’accesso.
letter-pin-step2 = Apra «La mia impresa» e scelga «Collegamento alla mia impresa».
letter-pin-step3 = Inserisca il numero d’impresa e il PIN e scelga «Attiva ed esci».
letter-qr = Oppure scansioni questo codice per aprire direttamente la pagina:
letter-valid = Il PIN scade in data { $date } e può essere utilizzato una sola volta.
letter-replaces = Questo PIN sostituisce tutti i precedenti.
letter-chars = Il PIN non contiene mai i caratteri { $chars }.
letter-secret = Non comunichi il PIN a nessuno. Il nostro personale non lo chiederà mai.
letter-notYou = Non riconosce questa richiesta? Ci chiami al numero { $phone }.
