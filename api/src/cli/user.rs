//! `shpunt user`: a login for a person, a person at a provider for a login, and another password for one nobody else can help.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use nix::sys::termios::{self, LocalFlags, SetArg};
use shpunt_domain::Db;
use shpunt_domain::access::commands::{PasswordReset, UserAdd, password_reset, user_add};
use shpunt_domain::access::identities::{self, IdentityAdd};
use shpunt_domain::access::second_factor::{SecondFactorRemove, remove_of};
use shpunt_domain::access::{self, Role, SecondFactor, store};

use super::teller::Teller;
use crate::config::Place;
use crate::databases::{Databases, Need, Urls};
use shpunt_ingest::oidc::Address;

/// The password, where nobody can be asked.
const PASSWORD: &str = "SHPUNT_PASSWORD";

/// People and their logins
#[derive(clap::Args)]
pub(super) struct User {
    #[command(subcommand)]
    verb: UserVerb,
}

#[derive(clap::Subcommand)]
enum UserVerb {
    /// Adds a person with a login
    ///
    /// The password is asked for without showing it; without a terminal it is read from standard input (one line), or taken from
    /// SHPUNT_PASSWORD. Works beside a running `shpunt up` and without one.
    Add(Add),
    /// Gives a login another password, which must be changed after signing in
    ///
    /// For the day nobody can come in who may do it. Asks for the password as `add` does. Everybody with that login is signed out.
    Password(Password),
    /// Lets a person at the OpenID Connect provider open a login
    ///
    /// By an address the provider must have verified, or by the provider's own id of the person, which the log names when somebody unknown
    /// signs in.
    Link(Link),
}

#[derive(clap::Args)]
struct Add {
    /// What the person logs in with: letters and digits, or an address
    login: String,

    /// Name of the person
    #[arg(long)]
    name: String,

    /// What the person may do
    #[arg(long, value_parser = roles())]
    role: Role,

    #[command(flatten)]
    place: Place,
}

#[derive(clap::Args)]
struct Password {
    /// What the person logs in with
    login: String,

    /// Remove the second factor too: the telephone is lost, and so are the recovery codes
    #[arg(long)]
    without_second_factor: bool,

    #[command(flatten)]
    place: Place,
}

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("person").required(true))]
struct Link {
    /// What the person logs in with
    login: String,

    /// Address of the person
    #[arg(long, group = "person")]
    email: Option<String>,

    /// Id of the person at the provider (the claim `sub`)
    #[arg(long, group = "person")]
    subject: Option<String>,

    /// The provider, as `shpunt serve` knows it
    #[arg(long = "oidc-issuer", env = "SHPUNT_OIDC_ISSUER", value_name = "URL")]
    issuer: Address,

    #[command(flatten)]
    place: Place,
}

/// The roles of the domain, in the spelling of the command line.
fn roles() -> impl TypedValueParser<Value = Role> {
    let spelt = |role: Role| role.as_str().replace('_', "-");
    let values = Role::ALL.map(|role| PossibleValue::new(spelt(role)).help(role.describe()));
    let role_of = move |name: String| Role::ALL.into_iter().find(|role| spelt(*role) == name).ok_or("there is no such role");
    PossibleValuesParser::new(values).try_map(role_of)
}

impl User {
    pub(super) async fn run(self) -> Result<ExitCode> {
        match self.verb {
            UserVerb::Add(add) => add.run().await,
            UserVerb::Password(other) => other.run().await,
            UserVerb::Link(link) => link.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> Result<ExitCode> {
        let add = self;
        // Asked for first: engines are not started for somebody who cannot type it twice.
        let password = password(&add.login)?;
        let databases = Databases::find(&add.place, Need::Postgres, &Teller::new(false).progress_of_engines()).await?;
        let added = add_user(&databases.urls, &add, password).await;
        databases.stop().await;
        let user = added?;
        println!("{} can log in as {} ({})", user.name, user.login, user.role.as_str());
        Ok(ExitCode::SUCCESS)
    }
}

impl Password {
    async fn run(self) -> Result<ExitCode> {
        let password = password(&self.login)?;
        let databases = Databases::find(&self.place, Need::Postgres, &Teller::new(false).progress_of_engines()).await?;
        let done = self.reset(&databases.urls, password).await;
        databases.stop().await;
        let user = done?;
        println!("{} can log in as {} and must then choose another password", user.name, user.login);
        Ok(ExitCode::SUCCESS)
    }

    async fn reset(&self, urls: &Urls, password: String) -> Result<access::User> {
        let db = urls.migrate_postgres(2).await?;
        let user_id = find(&db, &self.login).await?.user_id;
        let mut user = password_reset(&db, &super::system_ctx(), PasswordReset { user_id, password }).await?.value;
        if self.without_second_factor && user.second_factor == SecondFactor::On {
            user = remove_of(&db, &super::system_ctx(), SecondFactorRemove { user_id }).await?.value;
        }
        db.close().await;
        Ok(user)
    }
}

impl Link {
    async fn run(self) -> Result<ExitCode> {
        let databases = Databases::find(&self.place, Need::Postgres, &Teller::new(false).progress_of_engines()).await?;
        let done = self.link(&databases.urls).await;
        databases.stop().await;
        let user = done?;
        println!("{} can sign in as {} at {}", user.name, user.login, self.issuer.as_str());
        Ok(ExitCode::SUCCESS)
    }

    async fn link(&self, urls: &Urls) -> Result<access::User> {
        let db = urls.migrate_postgres(2).await?;
        let user = find(&db, &self.login).await?;
        let (issuer, email, subject) = (self.issuer.as_str().to_owned(), self.email.clone(), self.subject.clone());
        identities::add(&db, &super::system_ctx(), IdentityAdd { user_id: user.user_id, issuer, email, subject }).await?;
        db.close().await;
        Ok(user)
    }
}

async fn find(db: &Db, login: &str) -> Result<access::User> {
    let login = login.trim().to_lowercase();
    let known = store::list_users(db).await?.into_iter().find(|user| user.login == login);
    known.with_context(|| format!("there is no login {login}"))
}

async fn add_user(urls: &Urls, add: &Add, password: String) -> Result<access::User> {
    let db = urls.migrate_postgres(2).await?;
    let input = UserAdd { login: add.login.clone(), name: add.name.clone(), role: add.role, password };
    let added = user_add(&db, &super::system_ctx(), input).await;
    db.close().await;
    Ok(added?.value)
}

/// From the environment, the terminal or standard input.
fn password(login: &str) -> Result<String> {
    if let Ok(password) = std::env::var(PASSWORD) {
        return Ok(password);
    }
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("the password cannot be read from standard input")?;
        let password = line.trim_end_matches(['\r', '\n']).to_owned();
        ensure!(!password.is_empty(), "no password on standard input; pipe it in, or set {PASSWORD}");
        return Ok(password);
    }
    let password = ask(&format!("Password for {login} (at least {} characters): ", access::password::MIN_LENGTH))?;
    ensure!(password == ask("The same again: ")?, "the two passwords differ; nothing was done");
    Ok(password)
}

/// Asks on the terminal without showing what is typed.
fn ask(question: &str) -> Result<String> {
    let stdin = std::io::stdin();
    eprint!("{question}");
    std::io::stderr().flush()?;
    let shown = termios::tcgetattr(&stdin).context("the terminal cannot be asked")?;
    let mut hidden = shown.clone();
    hidden.local_flags.remove(LocalFlags::ECHO);
    termios::tcsetattr(&stdin, SetArg::TCSANOW, &hidden)?;
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    termios::tcsetattr(&stdin, SetArg::TCSANOW, &shown)?;
    eprintln!();
    read.context("the password cannot be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
