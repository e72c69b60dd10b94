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

            /// The body of the variant `tag`, from the entries after its `type`.
            pub(crate) fn from_entries<'de, A: serde::de::MapAccess<'de>>(tag: &str, entries: A) -> Result<Self, A::Error> {
                let body = serde::de::value::MapAccessDeserializer::new(entries);
                match tag {
                    $(stringify!($variant) => serde::Deserialize::deserialize(body).map($name::$variant),)+
                    other => Err(serde::de::Error::unknown_variant(other, &[$(stringify!($variant)),+])),
                }
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
