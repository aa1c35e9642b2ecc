use clap::ValueEnum;

/// What the program runs for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Environment {
    /// Real data: what is not safe is refused.
    #[default]
    Production,
    /// Somebody's own machine: what is not safe is warned of.
    Development,
}
