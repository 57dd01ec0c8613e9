### What every page shares, the start page and the installed app.

common-skip = Skip to main content
common-language = Language
common-back = Back
common-continue = Continue
common-cancel = Cancel
common-save = Save
common-change = Change
common-print = Print
common-optional = (optional)
common-allRequired = Complete all fields that are not marked as optional.
common-errorPrefix = Error:
common-problem = There is a problem
common-success = Success
common-step = Step { $n } of { $total }
common-help = Help and contact
common-imprint = Legal notice
common-privacy = Privacy
common-a11y = Accessibility
common-a11yReport = Report an accessibility problem
common-newTab = (opens in a new tab)
common-home = Go to the start page
common-homeLogo = { $portal }, start page
common-yes = Yes
common-no = No
common-search = Search
common-download = Download
common-remove = Remove
common-changeField = Change: { $field }
common-notGiven = Not provided
common-labelled = { $name }: { $value }
common-warning = Warning
common-questions = Questions? { $contact }
common-page = Page { $n } of { $total }
common-nav-main = Main navigation
common-nav-account = Account navigation
common-nav-footer = Footer
common-signedInAs = Signed in as { $name }
common-cookies = We only use cookies that are needed for signing in and for your choice of language.

task-done = Completed
task-inProgress = In progress
task-todo = To do
task-notYet = Cannot start yet

document-edition = Version { $version }
document-version = Version { $version } of { $date }
document-pdf = Download as PDF ({ $size })
document-outdated = This is an earlier version.
document-current = Go to the current version

start-title = Welcome
start-choosePortal = Choose a portal
start-firstTime = First time here?
start-intro-letter = You have received a letter with a registration number. Have it ready and create your account.
start-intro-claim = Your company has a customer number with us. Have an invoice ready and register.
start-intro-provisioned = After you have concluded your contract, you will receive two emails: one with your customer number and one with the initial password. Use both to sign in for the first time.
start-intro-open = Register with your name, email address and date of birth. We will email you the password.
start-intro-membership = For the members’ area you also need the business number and a PIN. The PIN comes by post.
start-invited = Have you received an invitation? Open the link in it.

app-entry = Customer portal
app-install = Install the app
app-open = Open the app

embed-signIn = Sign in
embed-toPortal = Go to the customer portal

offline-title = No internet connection
offline-body = Reconnect to the internet and reload the page.
offline-retry = Reload the page
