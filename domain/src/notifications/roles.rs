//! Who was given which role, told to the directors: whoever manages people could make a login for himself.

use super::{Fact, Facts, ROLE_GIVEN, Subject, store};
use crate::access::commands::{self, USER_ADD, USER_UPDATE, UserAdd, UserUpdate};
use crate::access::{Permission, User};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::Result;

/// [`commands::user_add`], of which the directors are told.
pub async fn user_add(db: &Db, ctx: &Ctx, input: UserAdd) -> Result<Outcome<User>> {
    let input = commands::prepared(ctx, input).await?;
    command::run_sealed(db, ctx, USER_ADD, Permission::ManagePeople, &input, &input.password, async |run, input| {
        let user = commands::add_in_tx(run, input).await?;
        tell_in_tx(run, &user).await?;
        Ok(user)
    })
    .await
}

/// [`commands::user_update`], of which the directors are told when it gives another role.
pub async fn user_update(db: &Db, ctx: &Ctx, input: UserUpdate) -> Result<Outcome<User>> {
    command::run(db, ctx, USER_UPDATE, Permission::ManagePeople, &input, async |run, input| {
        let (user, had) = commands::update_in_tx(run, input).await?;
        if user.role != had {
            tell_in_tx(run, &user).await?;
        }
        Ok(user)
    })
    .await
}

async fn tell_in_tx(run: &mut Run<'_>, user: &User) -> Result<()> {
    let role = user.role.as_str();
    let facts = Facts { number: user.login.clone(), name: role.to_owned(), ..Facts::default() };
    let fact = Fact {
        subject: Subject::User(user.user_id),
        deal_id: 0,
        employee_id: 0,
        but_user_id: run.ctx.actor.user_id,
        episode: format!("{role} {}", user.version),
        facts,
    };
    store::tell_in_tx(run, ROLE_GIVEN, fact).await?;
    Ok(())
}
