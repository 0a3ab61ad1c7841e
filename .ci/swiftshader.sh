# To be sourced. SwiftShader, a Vulkan driver that computes on the CPU, so that the WebGPU provider is tested without a GPU.
# It comes out of Debian's chromium-common, unpacked but not installed, and is kept from one build to the next. Where it
# cannot be had, VK_ICD_FILENAMES stays unset and the WebGPU tests are skipped.
swiftshader_folder="${XDG_CACHE_HOME:-$HOME/.cache}/lingulu-ci/swiftshader"

fetch_swiftshader() {
  local work
  work=$(mktemp -d) || return 1
  (cd "$work" && apt-get -o APT::Sandbox::User=root download -qq chromium-common && dpkg -x chromium-common_*.deb unpacked) &&
    mkdir -p "$swiftshader_folder" &&
    cp "$work"/unpacked/usr/lib/chromium/libvk_swiftshader.so "$swiftshader_folder"/ &&
    cp "$work"/unpacked/usr/lib/chromium/vk_swiftshader_icd.json "$swiftshader_folder"/
  local result=$?
  rm -rf "$work"
  return "$result"
}

install_vulkan_loader() {
  ldconfig -p | grep -q 'libvulkan\.so\.1' && return 0
  local sudo
  sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
  $sudo apt-get install -y -qq --no-install-recommends libvulkan1 >/dev/null
}

if [ -z "${VK_ICD_FILENAMES:-}" ]; then
  # The description is copied last: where it is, all is there.
  if [ ! -e "$swiftshader_folder/vk_swiftshader_icd.json" ]; then
    fetch_swiftshader || { $([ "$(id -u)" -eq 0 ] || echo sudo) apt-get update -qq && fetch_swiftshader; }
  fi
  if [ -e "$swiftshader_folder/vk_swiftshader_icd.json" ] && install_vulkan_loader; then
    export VK_ICD_FILENAMES="$swiftshader_folder/vk_swiftshader_icd.json"
  else
    echo 'SwiftShader is not to be had here: the WebGPU tests are skipped.' >&2
  fi
fi
