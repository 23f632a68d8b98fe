//! Names of build files of images, as Docker, BuildKit and Podman look for them.

/// Is this path that of a Dockerfile or Containerfile? Letter case does not matter.
pub fn is_build_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name == "dockerfile"
        || name == "containerfile"
        || (name.starts_with("dockerfile.") && !name.ends_with(".dockerignore"))
        || name.ends_with(".dockerfile")
}
