### Signing in and out, passwords, sessions.

login-hint-initial = Il numero cliente si trova nella nostra prima e-mail, la password iniziale nella seconda.
login-title = Accesso
login-submit = Accedi
login-forgot = Password dimenticata?
login-noAccount = Non ha ancora un account?
login-haveAccount = Ha già un account?
login-fail-email = L’indirizzo e-mail o la password non sono corretti. Verifichi entrambi o reimposti la password.
login-fail-recordNumber = Il numero cliente o la password non sono corretti. Verifichi entrambi o reimposti la password.
login-locked = Troppi tentativi. Riprovi a partire dalle { $time } oppure reimposti subito la password.
login-initialExpired = La password iniziale è scaduta. Ne richieda una nuova: { $contact }
login-suspended = Il suo account è bloccato. Ci contatti: { $contact }
login-required = Acceda per aprire questa pagina.
login-sharedDevice = Esca dal portale quando ha finito, soprattutto su dispositivi condivisi.

firstPassword-title = Scelta di una password personale
firstPassword-why = La password iniziale vale solo per il primo accesso. Ora scelga una password personale.

password-saved = La nuova password è stata salvata.

totp-title = Inserimento del codice di sicurezza
totp-intro = Apra l’app di autenticazione e inserisca il codice visualizzato.
totp-lost = Non ha accesso all’app? { $contact }
totp-setup-title = Configurazione dell’app di autenticazione
totp-setup-scan = Scansioni questo codice con l’app di autenticazione.
totp-setup-manual = Oppure inserisca questa chiave nell’app:
totp-setup-submit = Completa la configurazione
totp-setup-done = L’app di autenticazione è configurata.

logout = Esci
logout-done = Disconnessione effettuata.
logout-cleared = Abbiamo eliminato anche i dati di questo portale salvati nel browser.

reset-title = Reimpostazione della password
reset-intro-email = Inserisca l’indirizzo e-mail del suo account. Le invieremo un link.
reset-intro-recordNumber = Inserisca il numero cliente. Invieremo un link all’indirizzo e-mail registrato.
reset-submit = Richiedi il link
reset-sent = Se esiste un account con questi dati, abbiamo inviato un’e-mail. Il link contenuto è valido fino alle { $time }.
reset-noAccess = Non ha più accesso a questo indirizzo e-mail? { $contact }
reset-done = La password è stata modificata. Su tutti gli altri dispositivi è necessario un nuovo accesso.

session-warn = Per motivi di sicurezza la sessione terminerà alle { $time }.
session-extend = Prolunga la sessione
session-extended = La sessione è prolungata fino alle { $time }.
session-expired = La sessione è scaduta. Acceda di nuovo.
session-expiredForm = La sessione è scaduta. I suoi dati sono ancora presenti. Basta inserire di nuovo la password e inviare ancora il modulo.
session-ended = La sessione su questo dispositivo è stata chiusa. Acceda di nuovo.
session-ended-password = La password è stata modificata. Acceda con la nuova password.
