//! Generates the messages and services from `proto/`, without `protoc` on the machine.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed={}", root.display());

    let mut files: Vec<_> =
        fs::read_dir(root.join("relevo/v1"))?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();

    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    let descriptor = compiler.encode_file_descriptor_set();
    fs::write(out.join("descriptor.bin"), &descriptor)?;

    tonic_prost_build::configure().compile_fds(prost_types::FileDescriptorSet::decode(descriptor.as_slice())?)?;
    Ok(())
}
