use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{foreign_key, index, one_of, timestamps};

const USERS: &str = "users";
const SESSIONS: &str = "sessions";
const REFRESH_TOKENS: &str = "refresh_tokens";
const ACCESS_TOKENS: &str = "access_tokens";
const ROLES: [&str; 4] = ["ADMIN", "MANAGER", "AGENT", "ANALYST"];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(users()).await?;
        manager.create_table(sessions()).await?;
        for columns in [&["user_id"], &["expires_at"]] {
            manager.create_index(index(SESSIONS, columns)).await?;
        }
        manager.create_table(refresh_tokens()).await?;
        for columns in [&["session_id"], &["expires_at"]] {
            manager.create_index(index(REFRESH_TOKENS, columns)).await?;
        }
        manager.create_table(access_tokens()).await?;
        for columns in [&["user_id"], &["created_by"]] {
            manager.create_index(index(ACCESS_TOKENS, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [ACCESS_TOKENS, REFRESH_TOKENS, SESSIONS, USERS] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

/// Who may sign in. `name_key` is the name in the one form in which names are compared.
fn users() -> TableCreateStatement {
    let mut table = Table::create()
        .table(USERS)
        .col(big_pk_auto("id"))
        .col(text("name"))
        .col(text("name_key").unique_key())
        .col(text_null("email").unique_key())
        .col(text("password_hash"))
        .col(text("role"))
        .col(boolean("is_active"))
        .col(big_integer("version").default(1))
        .check(one_of("role", &ROLES))
        .to_owned();
    timestamps(&mut table).take()
}

/// What began with a sign-in: all tokens that came of it end with it.
fn sessions() -> TableCreateStatement {
    Table::create()
        .table(SESSIONS)
        .col(big_pk_auto("id"))
        .col(big_integer("user_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut foreign_key(
            SESSIONS,
            "user_id",
            (USERS, "id"),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

/// Refresh tokens, as hashes. Those that were used stay, so that a second use is noticed.
fn refresh_tokens() -> TableCreateStatement {
    Table::create()
        .table(REFRESH_TOKENS)
        .col(big_pk_auto("id"))
        .col(big_integer("session_id"))
        .col(text("token_hash").unique_key())
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .foreign_key(&mut foreign_key(
            REFRESH_TOKENS,
            "session_id",
            (SESSIONS, "id"),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

/// Access tokens of programs, as hashes. `user_id` is the maker's, if it was a user of ours.
fn access_tokens() -> TableCreateStatement {
    Table::create()
        .table(ACCESS_TOKENS)
        .col(big_pk_auto("id"))
        .col(text("name"))
        .col(text("role"))
        .col(text("token_hash").unique_key())
        .col(text("created_by"))
        .col(big_integer_null("user_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("expires_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .check(one_of("role", &ROLES))
        .foreign_key(&mut foreign_key(
            ACCESS_TOKENS,
            "user_id",
            (USERS, "id"),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}
