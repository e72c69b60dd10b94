//! Enums that serde tags by `type`, the first entry of the map.
//!
//! Serde's own internally tagged enums buffer the whole value to find the tag, and that buffer cannot hold an `i128`.
//! Wanting the tag first lets the entries after it go straight to the body.

macro_rules! tagged_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident($body:ident),)+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        #[serde(tag = "type")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant($body),)+
        }

        impl $name {
            /// The value of its `type` entry.
            #[must_use]
            pub const fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => stringify!($variant),)+
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Tagged;

                impl<'de> serde::de::Visitor<'de> for Tagged {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str("a map whose first entry is `type`")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let first: Option<String> = map.next_key()?;
                        if first.as_deref() != Some("type") {
                            return Err(serde::de::Error::custom("the first entry must be `type`"));
                        }
                        let tag: String = map.next_value()?;
                        let body = serde::de::value::MapAccessDeserializer::new(map);
                        match tag.as_str() {
                            $(stringify!($variant) => {
                                serde::Deserialize::deserialize(body).map($name::$variant)
                            })+
                            other => Err(serde::de::Error::unknown_variant(other, &[$(stringify!($variant)),+])),
                        }
                    }
                }

                deserializer.deserialize_map(Tagged)
            }
        }

        $(impl From<$body> for $name {
            fn from(body: $body) -> Self {
                Self::$variant(body)
            }
        })+
    };
}

pub(super) use tagged_enum;
