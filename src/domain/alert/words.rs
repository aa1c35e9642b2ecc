//! The words of alerts, as columns hold them.

use sea_orm::DeriveValueType;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// A word that a column holds.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(
            Debug,
            Clone,
            Copy,
            PartialEq,
            Eq,
            Hash,
            Display,
            IntoStaticStr,
            EnumString,
            VariantArray,
            DeriveValueType,
        )]
        #[sea_orm(value_type = "String")]
        #[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }
    };
}

word! {
    /// What is wrong.
    AlertKind {
        /// A day could not be read, and no later read of it went well.
        DayFailed,
        /// Today was not read when it should have been.
        Lag,
        /// The platform is left alone because it fails.
        PlatformPaused,
        /// The platform does not accept our credentials.
        CredentialsRefused,
        /// A run is at work without a sign of life, and nobody goes on with it.
        RunStuck,
        /// Calls of the last days have grades that the catalogue does not know.
        UnknownGrades,
    }
}

word! {
    /// What people are told of an alert.
    AlertEvent {
        /// Something is wrong.
        Opened,
        /// It still is.
        Repeated,
        /// It is over.
        Resolved,
    }
}

word! {
    /// Where people are told, besides the log and the metrics.
    AlertChannel {
        /// JSON to an address of theirs.
        Webhook,
        /// A robot of a DingTalk group.
        Dingtalk,
        /// E-mail.
        Email,
    }
}

word! {
    /// What became of a message.
    DeliveryState {
        /// It is still to be sent.
        Pending,
        /// It was taken.
        Sent,
        /// It was given up.
        Failed,
    }
}
