//! The words of one line of a GRUB script.

use std::collections::BTreeMap;

/// Splits a line at blanks and semicolons, takes quotes away and puts the values of variables in.
///
/// Single quotes keep everything as it is; in double quotes variables have their values. An unknown variable is empty.
pub(super) fn split(line: &str, variables: &BTreeMap<String, String>) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut begun = false;
    let mut rest = line.chars().peekable();
    let mut double = false;
    while let Some(c) = rest.next() {
        match c {
            '"' => {
                double = !double;
                begun = true;
            }
            '\'' if !double => {
                word.extend(rest.by_ref().take_while(|c| *c != '\''));
                begun = true;
            }
            '\\' => {
                word.extend(rest.next());
                begun = true;
            }
            '$' => {
                let braced = rest.next_if_eq(&'{').is_some();
                let mut name = String::new();
                while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(c);
                }
                if braced {
                    rest.next_if_eq(&'}');
                }
                if let Some(value) = variables.get(&name) {
                    word.push_str(value);
                    begun = true;
                }
            }
            '#' if !begun && !double => break,
            c if !double && (c.is_whitespace() || c == ';') => {
                if begun {
                    words.push(std::mem::take(&mut word));
                    begun = false;
                }
                if c == ';' {
                    words.push(";".to_owned());
                }
            }
            c => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_variables_are_those_of_grub() {
        let variables = BTreeMap::from([("from".to_owned(), "http,10.0.0.2".to_owned())]);
        let words = |line: &str| split(line, &variables);
        assert_eq!(
            words(r#"linux "($from)/k" 'a b' 'it'\''s' "x=$none" $none"#),
            ["linux", "(http,10.0.0.2)/k", "a b", "it's", "x="]
        );
        assert_eq!(words(r#"if [ "${from}" = b ]; then"#), ["if", "[", "http,10.0.0.2", "=", "b", "]", ";", "then"]);
        assert_eq!(words("  # nothing"), [""; 0]);
        assert_eq!(words(r#"a'$from "'"'" \;"#), [r#"a$from "'"#, ";"]);
    }
}
