//! Settings in environment variables: `RELEVO__SECTION__KEY`.

use figment::{
    Figment, Metadata, Profile, Provider,
    providers::{Format, Toml},
    util::nest,
    value::{Dict, Map, Value},
};

use super::{ConfigError, DEFAULTS};

const PREFIX: &str = "RELEVO__";

/// One variable.
struct Variable {
    name: String,
    key: String,
    value: Value,
}

/// Puts the variables over what was read before.
pub(super) fn merge(mut figment: Figment) -> Result<Figment, ConfigError> {
    let defaults = Figment::from(Toml::string(DEFAULTS));
    for (name, value) in std::env::vars_os() {
        // A name that is not Unicode is not one of ours.
        let Some(name) = name.into_string().ok().filter(|name| name.starts_with(PREFIX)) else { continue };
        let Ok(value) = value.into_string() else {
            return Err(ConfigError(vec![format!("{name}: is not UTF-8")]));
        };
        let key = name.trim_start_matches(PREFIX).to_ascii_lowercase().replace("__", ".");
        let value = match defaults.find_value(&key) {
            // What is text stays as it is, even if it could be read as a number.
            Ok(Value::String(..)) => Value::from(value),
            _ => value.parse().unwrap_or_else(|never| match never {}),
        };
        figment = figment.merge(Variable { name, key, value });
    }
    Ok(figment)
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("the environment variable {}", self.name)).interpolater(|_, keys| keys.join("."))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict = nest(&self.key, self.value.clone()).into_dict().unwrap_or_default();
        Ok(Map::from([(Profile::Default, dict)]))
    }
}
