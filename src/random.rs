//! Randomness as an input: production takes the system's, a test may know what comes.

use rand::Rng as _;

/// Gives bytes that nobody can guess. Every secret of the service is made of them.
pub trait Entropy: Send + Sync + std::fmt::Debug {
    /// 256 bits.
    fn bytes(&self) -> [u8; 32];
}

/// The system's randomness, through a generator that is fit for keys (ChaCha, seeded and reseeded
/// by the operating system).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        bytes
    }
}
