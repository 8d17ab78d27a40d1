//! Where the broker is, from a URL.

use std::borrow::Cow;
use std::str::FromStr;

use url::Url;

/// `mqtt://[user[:password]@]host[:port]`, or `mqtts://` with TLS; the port is 1883, or 8883, unless given.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    pub(crate) tls: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) login: Option<(String, String)>,
}

/// A broker URL that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the broker URL must look like mqtt://user:password@host:1883, but {0}")]
pub struct BadBrokerUrl(String);

impl Default for BrokerUrl {
    /// A broker on this machine, on MQTT's own port.
    fn default() -> BrokerUrl {
        BrokerUrl { tls: false, host: "localhost".into(), port: 1883, login: None }
    }
}

impl FromStr for BrokerUrl {
    type Err = BadBrokerUrl;

    fn from_str(text: &str) -> Result<Self, BadBrokerUrl> {
        // The URL may hold a password, so no message repeats it.
        let url = Url::parse(text).map_err(|error| BadBrokerUrl(error.to_string()))?;
        let tls = match url.scheme() {
            "mqtt" => false,
            "mqtts" => true,
            // What stands where a scheme should may be a password.
            _ => return Err(BadBrokerUrl("it begins with neither mqtt:// nor mqtts://".into())),
        };
        let host = url.host_str().ok_or_else(|| BadBrokerUrl("it has no host".into()))?.to_owned();
        let login = match (percent_decoded(url.username())?, url.password()) {
            (user, _) if user.is_empty() => None,
            (user, password) => Some((user, percent_decoded(password.unwrap_or_default())?)),
        };
        let port = url.port().unwrap_or(if tls { 8883 } else { 1883 });
        Ok(BrokerUrl { tls, host, port, login })
    }
}

/// User and password stand percent-encoded in a URL.
fn percent_decoded(text: &str) -> Result<String, BadBrokerUrl> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| BadBrokerUrl("its user or password is not UTF-8".into()))
}

impl std::fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.tls { "mqtts" } else { "mqtt" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl std::fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_port_and_login_are_read_and_the_password_is_never_shown() {
        let url: BrokerUrl = "mqtt://farm:p%40ss+w%3D@broker.local".parse().unwrap();
        assert_eq!((url.host.as_str(), url.port), ("broker.local", 1883));
        assert_eq!(url.login, Some(("farm".into(), "p@ss+w=".into())));
        assert_eq!(format!("{url} {url:?}"), "mqtt://broker.local:1883 mqtt://broker.local:1883");
    }

    #[test]
    fn any_character_can_be_in_a_password_and_what_is_no_text_is_refused() {
        for (written, meant) in
            [("a%40b", "a@b"), ("a+b", "a+b"), ("a&b=c", "a&b=c"), ("%C3%A9", "é"), ("100%", "100%"), ("%2520", "%20")]
        {
            let url: BrokerUrl = format!("mqtt://farm:{written}@host").parse().unwrap();
            assert_eq!(url.login, Some(("farm".into(), meant.into())), "{written}");
        }
        let refused = "mqtt://farm:%FF@host".parse::<BrokerUrl>().unwrap_err();
        assert!(refused.to_string().contains("not UTF-8"), "{refused}");
    }

    #[test]
    fn tls_has_a_port_of_its_own() {
        let url: BrokerUrl = "mqtts://broker.local".parse().unwrap();
        assert_eq!(url.to_string(), "mqtts://broker.local:8883");
    }

    #[test]
    fn a_url_of_another_kind_is_refused_with_an_example() {
        for bad in ["", "localhost:1883", "http://localhost", "mqtt://", "farm:hidden@host", "hidden://host"] {
            let message = bad.parse::<BrokerUrl>().unwrap_err().to_string();
            assert!(message.contains("mqtt://user:password@host:1883"), "{message}");
            assert!(!message.contains("hidden"), "{message}");
        }
    }
}
