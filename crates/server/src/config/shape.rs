//! Whether settings have the keys and the types of the defaults: every key that does not is named, and no value is
//! shown, as it may be secret.

use figment::{
    Figment,
    providers::{Format, Toml},
    value::{Dict, Value},
};

use super::{ConfigError, DEFAULTS};

/// One line for each key that is unknown or of another type.
pub(super) fn misfits(settings: &Figment) -> Result<Vec<String>, ConfigError> {
    let known: Dict = Figment::from(Toml::string(DEFAULTS)).extract()?;
    let mut misfits = Vec::new();
    compare(&settings.extract::<Dict>()?, &known, "", &mut misfits);
    Ok(misfits)
}

fn compare(there: &Dict, known: &Dict, path: &str, misfits: &mut Vec<String>) {
    for (name, value) in there {
        let key = format!("{path}{name}");
        let expected = match (known.get(name), value) {
            (None, _) => {
                misfits.push(format!("{key}: there is no such key"));
                continue;
            }
            (Some(Value::Dict(_, known)), Value::Dict(_, there)) => {
                compare(there, known, &format!("{key}."), misfits);
                continue;
            }
            (Some(Value::String(..)), Value::String(..))
            | (Some(Value::Num(..)), Value::Num(..))
            | (Some(Value::Bool(..)), Value::Bool(..)) => continue,
            (Some(Value::Array(..)), Value::Array(_, all)) if all.iter().all(|it| it.as_str().is_some()) => continue,
            (Some(Value::Dict(..)), _) => "a section",
            (Some(Value::Num(..)), _) => "a number",
            (Some(Value::Bool(..)), _) => "true or false",
            (Some(Value::Array(..)), _) => "a list of texts, as in [\"a\", \"b\"]",
            (Some(_), _) => "a text",
        };
        misfits.push(format!("{key}: must be {expected}"));
    }
}
