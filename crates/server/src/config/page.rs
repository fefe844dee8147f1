//! The settings of the page behind the links: where it is served, where the links lead, how it looks.

use std::{
    fs,
    io::Read,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use relevo_outbound::{CHANGE_ID, TOKEN};
use serde::Deserialize;

use super::Checks;

/// How large a logo may be, in bytes: whoever opens a link on the way has it at once.
const LARGEST_LOGO: u64 = 20_000;
/// The contrast that text needs with what it stands on: WCAG 2.2, success criterion 1.4.3.
const READABLE: f64 = 4.5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPage {
    listen: String,
    insecure: bool,
    pub(super) public_url: String,
    link_template: String,
    proxies: Vec<String>,
    name: String,
    logo: PathBuf,
    accent: String,
    accent_dark: String,
}

/// What the page is to look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Whose page it is.
    pub name: String,
    /// The sign of whose page it is.
    pub logo: Option<Logo>,
    /// What the button is painted with, in the light and in the dark: `#17706b`. White is readable on both.
    pub accents: [String; 2],
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// The file as it is.
    pub bytes: Vec<u8>,
    /// How its name ends: `svg` or `png`.
    pub extension: &'static str,
}

/// The page, checked.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where people reach it, without a slash at its end.
    pub public_url: String,
    /// Where it is served; `None` for nowhere.
    pub listen: Option<SocketAddr>,
    /// Where the link in a mail leads: an address in which the change and the code are yet to be put.
    pub link_template: String,
    /// Those whose word is believed about where a request comes from.
    pub proxies: Vec<IpAddr>,
    /// What it is to look like.
    pub look: Look,
}

impl Page {
    /// Whether people reach it from this machine alone.
    pub(super) fn is_private(&self) -> bool {
        let authority = self.public_url.split("://").nth(1).unwrap_or_default();
        let authority = authority.split('/').next().unwrap_or_default();
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl Checks {
    pub(super) fn page(&mut self, raw: &RawPage, name_of_sender: Option<&str>) -> Option<Page> {
        let listen = self.page_listen(raw);
        let public_url = self.url("page.public_url", &raw.public_url);
        let link_template = self.link_template(&raw.link_template);
        let proxies = self.proxies(&raw.proxies);
        let name = self.page_name(&raw.name, name_of_sender);
        let logo = self.logo(&raw.logo);
        let light = self.accent("page.accent", &raw.accent);
        let dark = self.accent("page.accent_dark", &raw.accent_dark);
        let public_url = public_url?;
        Some(Page {
            listen: listen?,
            link_template: link_template?.unwrap_or_else(|| format!("{public_url}/changes/{CHANGE_ID}#{TOKEN}")),
            public_url,
            proxies: proxies?,
            look: Look { name: name?, logo: logo?, accents: [light?, dark?] },
        })
    }

    fn page_listen(&mut self, raw: &RawPage) -> Option<Option<SocketAddr>> {
        if raw.listen.is_empty() {
            return Some(None);
        }
        let Ok(address) = raw.listen.parse::<SocketAddr>() else {
            let listen = &raw.listen;
            let what = format_args!("must be an address and a port, as in 127.0.0.1:8080, or empty, not {listen:?}");
            return self.wrong("page.listen", what);
        };
        if address.ip().is_loopback() || raw.insecure {
            return Some(Some(address));
        }
        let what = format_args!(
            "must be true, as page.listen is {address}, which is not a loopback address: the page is served in clear, \
             and only where nobody sits between it and the proxy that does TLS for it are the codes safe"
        );
        self.wrong("page.insecure", what)
    }

    fn link_template(&mut self, text: &str) -> Option<Option<String>> {
        if text.is_empty() {
            return Some(None);
        }
        let is_address = ["https://", "http://"].iter().any(|scheme| {
            text.strip_prefix(scheme).is_some_and(|rest| {
                !rest.is_empty()
                    && !rest.starts_with(['/', '?', '#', '{'])
                    && rest.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"'))
            })
        });
        let occurs_once = |placeholder: &str| text.matches(placeholder).count() == 1;
        let is_behind = text.split_once('#').is_some_and(|(_, fragment)| fragment.contains(TOKEN));
        if is_address && occurs_once(CHANGE_ID) && occurs_once(TOKEN) && is_behind {
            return Some(Some(text.to_owned()));
        }
        self.wrong(
            "page.link_template",
            format_args!(
                "must be an http or https address with {CHANGE_ID} in it and {TOKEN} behind a #, where no log has it, \
                 as in https://panel.example.com/changes/{CHANGE_ID}#{TOKEN}, or empty, not {text:?}"
            ),
        )
    }

    fn proxies(&mut self, texts: &[String]) -> Option<Vec<IpAddr>> {
        let mut proxies = Vec::new();
        for text in texts {
            match text.parse::<IpAddr>() {
                Ok(address) => proxies.push(address.to_canonical()),
                Err(_) => {
                    let what = format_args!("must be addresses, as in 10.0.0.7 or fd00::7, not {text:?}");
                    return self.wrong("page.proxies", what);
                }
            }
        }
        Some(proxies)
    }

    fn page_name(&mut self, text: &str, name_of_sender: Option<&str>) -> Option<String> {
        if text.is_empty() {
            return Some(name_of_sender.unwrap_or("Relevo").to_owned());
        }
        match relevo_domain::DisplayName::parse(text) {
            Ok(name) => Some(name.to_string()),
            Err(rule) => self.wrong("page.name", rule),
        }
    }

    fn logo(&mut self, file: &Path) -> Option<Option<Logo>> {
        if file.as_os_str().is_empty() {
            return Some(None);
        }
        let mut bytes = Vec::new();
        // One byte more than there may be is enough to see that there are too many.
        let read = fs::File::open(file).and_then(|file| file.take(LARGEST_LOGO + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            return self.wrong("page.logo", format_args!("{}: {error}", file.display()));
        }
        let extension = match bytes.as_slice() {
            [b'\x89', b'P', b'N', b'G', ..] => "png",
            text if text.trim_ascii_start().starts_with(b"<svg") || is_xml_with_svg(text) => "svg",
            _ => return self.wrong("page.logo", format_args!("{}: must be an SVG or a PNG file", file.display())),
        };
        if bytes.len() as u64 > LARGEST_LOGO {
            let what = format_args!("{}: must be at most {LARGEST_LOGO} bytes", file.display());
            return self.wrong("page.logo", what);
        }
        Some(Some(Logo { bytes, extension }))
    }

    fn accent(&mut self, key: &str, text: &str) -> Option<String> {
        let Some(contrast) = contrast_with_white(text) else {
            return self.wrong(key, format_args!("must be a colour, as in #17706b, not {text:?}"));
        };
        if contrast < READABLE {
            let what = format_args!(
                "must be darker: the white text of a button has a contrast of {contrast:.1} on {text}, and needs {READABLE}"
            );
            return self.wrong(key, what);
        }
        Some(text.to_ascii_lowercase())
    }
}

fn is_xml_with_svg(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.trim_start_matches('\u{feff}').trim_start().starts_with("<?xml") && text.contains("<svg")
}

/// The contrast of a colour with white: WCAG 2.2, relative luminance and contrast ratio.
fn contrast_with_white(colour: &str) -> Option<f64> {
    let digits = colour.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let mut channels = [0_u8; 3];
    hex::decode_to_slice(digits, &mut channels).ok()?;
    let [red, green, blue] = channels.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    Some(1.05 / (luminance + 0.05))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_what_the_standard_says() {
        for (colour, expected) in [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#17706B", 5.84)] {
            let contrast = contrast_with_white(colour).unwrap();
            assert!((contrast - expected).abs() < 0.05, "{colour}: {contrast}");
        }
        for wrong in ["", "#", "17706b", "#17706", "#17706g", "#17706bb", "teal", "#ñ000"] {
            assert_eq!(contrast_with_white(wrong), None, "{wrong}");
        }
    }
}
