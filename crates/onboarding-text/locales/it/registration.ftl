### From the register form to the finished set-up.

consent-legend = Condizioni e consensi
consent-terms = Accetto le { $link }.
consent-terms-link = condizioni d’uso
consent-privacy = Ho letto l’{ $link }.
consent-privacy-link = informativa sulla privacy
consent-edelivery = Accetto di ricevere le comunicazioni in formato elettronico anziché per posta.
consent-edelivery-link = Condizioni per l’invio elettronico
consent-marketing = Desidero ricevere novità e offerte per e-mail. Posso revocare il consenso in qualsiasi momento.
consent-marketing-link = Dettagli su novità e offerte
consent-marketing-doubleOptIn = A questo scopo le invieremo un’e-mail. Il consenso vale solo dopo la sua conferma.
consent-other = Accetto: { $link }

marketing-confirm-title = Conferma del consenso
marketing-confirm-ask = Desidera ricevere novità e offerte all’indirizzo { $email }?
marketing-confirm-done = Grazie. Il suo consenso è confermato. Può revocarlo in qualsiasi momento.
marketing-withdraw = Non ricevere più novità
marketing-withdrawn = Non riceverà più novità e offerte per e-mail.

accept-title = Abbiamo aggiornato i nostri documenti
accept-body = Legga la nuova versione prima di continuare.
accept-validFrom = Inizio di validità della nuova versione: { $date }.
accept-changes = Che cosa cambia
accept-decline = Rifiuta ed esci
accept-decline-info = Senza la sua accettazione non può utilizzare il portale. L’account non viene eliminato. Può scaricare i suoi dati o eliminare l’account.
accept-done = Grazie. La sua accettazione è stata salvata.

register-title = Creazione dell’account
register-intro = Tenga a portata di mano la lettera con il numero di registrazione.
register-submit = Crea l’account
register-noNumber = Non trova la lettera o il numero? { $contact }
register-closed-title = Le registrazioni sono attualmente chiuse
register-closed-body = Se ha già un account, può continuare ad accedere. Domande? { $contact }
register-expired-title = La sua registrazione è scaduta
register-expired-body = Non è stato creato alcun account. Si registri di nuovo.
register-restart = Ripeti la registrazione
register-done-title = Tutto pronto!
register-done-body = Il suo account è attivo. Ora può accedere.
register-done-app = Può accedere anche dall’app.
register-sent = Grazie. Ora confermi il suo indirizzo e-mail tramite il link inviato a { $email }.
register-portal-title = Registrazione al portale

confirm-title = Conferma dell’indirizzo e-mail
confirm-codeSent = Abbiamo inviato un codice di attivazione a { $email }. Scadenza: { $datetime }.
confirm-codeOrLink = L’e-mail contiene anche un link. Basta il codice oppure il link.
confirm-linkSent = Abbiamo inviato un’e-mail a { $email }. Apra il link contenuto nel messaggio per confermare l’indirizzo.
confirm-noMail-title = Non ha ricevuto l’e-mail?
confirm-noMail-body = Controlli la cartella della posta indesiderata. L’e-mail proviene dall’indirizzo { $sender }.
confirm-ask = Desidera confermare l’indirizzo { $email } per il suo account?
confirm-already = Il suo indirizzo e-mail è già confermato. Può accedere.
confirm-alreadyPending = Il suo indirizzo e-mail è già confermato. La registrazione è ancora in fase di verifica.
confirm-done = Il suo indirizzo e-mail è confermato.
confirm-passwordSent = Il suo indirizzo e-mail è confermato. Le abbiamo inviato una password per e-mail.
confirm-passwordMissing = Non ha ricevuto l’e-mail con la password? Controlli la cartella della posta indesiderata o reimposti la password.

resend-wait = Potrà richiedere una nuova e-mail a partire dalle { $time }.
resend-done = Abbiamo inviato una nuova e-mail a { $email }. Utilizzi solo la più recente.
resend-limit = Oggi non possiamo inviare altre e-mail a questo indirizzo. Potrà richiederne una nuova a partire da questo momento: { $datetime }.

link-changeEmail = Modifica l’indirizzo e-mail
link-expired-title = Questo link è scaduto
link-expired-body = Per motivi di sicurezza i nostri link sono validi solo per un periodo limitato. Richieda una nuova e-mail.
link-superseded = Questo link è stato sostituito da uno più recente. Apra l’e-mail più recente che ha ricevuto da noi.
link-expired-invite = Chieda un nuovo invito alla persona che le ha inviato il primo.
link-used-title = Questo link è già stato utilizzato
link-used-body = Ogni link può essere utilizzato una sola volta. Acceda o richieda una nuova e-mail.
link-incomplete-title = Questo link è incompleto
link-incomplete-body = Copi l’intero link dall’e-mail e lo apra di nuovo.

changeEmail-note = Se modifica l’indirizzo, il codice e il link già inviati non saranno più validi.

claim-title = Registrazione per le aziende
claim-intro = Inserisca il numero cliente e il CAP dell’indirizzo di fatturazione.
claim-intro-ch = Inserisca il numero cliente e il NPA dell’indirizzo di fatturazione.

details-title = I suoi dati
details-masked = Per proteggere i dati mostriamo il nome solo in parte
details-submit = Invia la registrazione

pending-title = La sua registrazione è in fase di verifica
pending-body = Una persona autorizzata della sua azienda deve approvare l’accesso. Riceverà poi un’e-mail.
pending-body-clerk = Verifichiamo i suoi dati. Riceverà un’e-mail non appena l’accesso sarà approvato.
pending-time = Sono necessari circa { $days } giorni lavorativi.
pending-expiry = Senza approvazione la registrazione scadrà in data { $date }.
pending-approved-title = Il suo accesso è approvato
pending-approved-body = Apra il link nell’e-mail inviata a { $email } per configurare il suo accesso.
pending-rejected-title = La sua registrazione non è stata approvata
pending-rejected-reason = Motivo: { $reason }
pending-rejected-body = Si rivolga alla sua azienda o a noi: { $contact }

setup-welcome-title = Le diamo il benvenuto, { $name }
setup-welcome-body = Il suo accesso è approvato. Lo configuri ora in tre passaggi: condizioni d’uso, protezione dei dati, password.
setup-tasks = I suoi passaggi
setup-pause = Può interrompere in qualsiasi momento e riaprire il link nell’e-mail. Scadenza del link: { $datetime }.
setup-already = Il suo accesso è già configurato. Può accedere.
setup-terms-title = Condizioni d’uso
setup-terms-accept = Accetta e continua
setup-privacy-title = Informativa sulla privacy
setup-privacy-accept = Ho letto e continuo
setup-password-title = Scelta della password

invite-body = { $inviter } la invita a utilizzare { $portal } per { $company }.
invite-role = Il suo ruolo: { $role }
invite-checkName = Verifichi il suo nome e lo modifichi se necessario.
invite-existing-body = Esiste già un account per { $email }. Acceda per accettare l’invito.
invite-existing-submit = Accedi e accetta l’invito
invite-wrongAccount = Questo invito è destinato a { $email }. Esca e acceda di nuovo con questo indirizzo.
invite-accepted = L’invito è stato accettato. Ora il suo account è collegato anche a { $company }.
invite-alreadyMember = Il suo account è già collegato a { $company }. Non deve fare altro.
invite-revoked = Questo invito è stato ritirato. Contatti la persona che glielo ha inviato.

ok-passwordSet = La password è stata salvata. Ora può accedere.
confirm-deny = Non l’ho richiesto io
