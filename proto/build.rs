//! Compiles farm.proto and events.proto without `protoc`, and keeps their descriptors for the reflection service.

use prost::Message;
use protox::prost_reflect::prost_types::FileDescriptorSet;
use protox::prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=cineswarm");
    let mut descriptors = protox::compile(["cineswarm/v1/farm.proto", "cineswarm/events/v1/events.proto"], ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("grpc.descriptors"), descriptors.encode_to_vec())?;
    leave_packed(&mut descriptors, "Neighbour", "movie_id_deltas");
    tonic_prost_build::configure().bytes(".").compile_fds(descriptors)?;
    Ok(())
}

/// Has a `repeated uint32` generated as the bytes that it is on the wire: a packed field is the numbers' varints one after
/// the other, and prost takes them apart, and measures them, far more slowly than a loop over a slice.
fn leave_packed(descriptors: &mut FileDescriptorSet, message: &str, field: &str) {
    let messages = descriptors.file.iter_mut().flat_map(|file| &mut file.message_type);
    let fields = messages.filter(|known| known.name() == message).flat_map(|known| &mut known.field);
    for field in fields.filter(|known| known.name() == field) {
        field.set_label(Label::Optional);
        field.set_type(Type::Bytes);
    }
}
