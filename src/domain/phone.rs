//! Phone numbers are personal data: how one is shown to those who may not see it.

/// The number with its middle hidden, `138****8000`: the first three and last four characters of
/// a number of eight or more, nothing of a shorter one. A number that came masked stays as it is.
#[must_use]
pub fn masked(number: &str) -> String {
    if number.contains('*') {
        return number.to_owned();
    }
    let characters: Vec<char> = number.chars().collect();
    if characters.len() < 8 {
        return "****".to_owned();
    }
    let head: String = characters[..3].iter().collect();
    let tail: String = characters[characters.len() - 4..].iter().collect();
    format!("{head}****{tail}")
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn the_middle_of_a_number_is_hidden() {
        assert_eq!(masked("13812348000"), "138****8000");
        assert_eq!(masked("137****8809"), "137****8809");
        assert_eq!(masked("10086"), "****");
    }
}
