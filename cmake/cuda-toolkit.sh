# SPDX-License-Identifier: Apache-2.0
# Sourced by tests/run and tests/device, after fetch.sh. need_nvcc: where no nvcc is in PATH or named by CUDACXX, brings
# one out of pinned wheels into $cache and sets CUDACXX. need_sanitizer: likewise compute-sanitizer, named by $sanitizer.

cuda_toolkit=cuda-toolkit[nvcc,nvvm,crt,cudart,cublas,cccl]==13.0.3

need_nvcc() {
    local root=$cache/cuda-13.0.3 library
    if [[ -n ${CUDACXX:-} ]]; then
        find_cuda_libraries
        return 0
    fi
    ! command -v nvcc >/dev/null || return 0
    if [[ ! -x $root/bin/nvcc ]]; then
        echo "No nvcc here: the CUDA toolkit is about 600 MB"
        wheels "$cuda_toolkit" || return 1
        # Wheels hold neither rights nor the names that linkers look for.
        chmod +x "$scratch"/content/nvidia/cu13/bin/* "$scratch"/content/nvidia/cu13/nvvm/bin/* || return 1
        for library in "$scratch"/content/nvidia/cu13/lib/*.so.*; do
            ln -s "$(basename "$library")" "${library%%.so.*}.so" || return 1
        done
        ln -s lib "$scratch/content/nvidia/cu13/lib64" || return 1
        "$scratch/content/nvidia/cu13/bin/nvcc" --version >/dev/null || return 1
        rm -rf "$root" && mv -T "$scratch/content/nvidia/cu13" "$root" || return 1
        tidy_fetch
    fi
    export CUDACXX=$root/bin/nvcc
    find_cuda_libraries
}

# Programs linked by the nvcc that CUDACXX names find its libraries when they run.
find_cuda_libraries() { export LD_LIBRARY_PATH="$(dirname "$CUDACXX")/../lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; }

cuda_sanitizer=nvidia-cuda-sanitizer-api==13.0.85
sanitizer=

need_sanitizer() {
    local root=$cache/cuda-sanitizer-13.0.85
    sanitizer=$(command -v compute-sanitizer) && return 0
    if [[ ! -x $root/bin/compute-sanitizer ]]; then
        wheels "$cuda_sanitizer" --no-deps &&
            chmod +x "$scratch/content/nvidia/cu13/bin/compute-sanitizer" || return 1
        # Its tools look for their libraries beside the program.
        cp "$scratch"/content/nvidia/cu13/lib/*.so "$scratch/content/nvidia/cu13/bin/" &&
            rm -rf "$root" && mv -T "$scratch/content/nvidia/cu13" "$root" || return 1
        tidy_fetch
    fi
    sanitizer=$root/bin/compute-sanitizer
}
