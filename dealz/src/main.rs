//! The desk.
fn main() {
    let context: tauri::Context<tauri::Wry> = tauri::generate_context!();
    let _ = context;
}
