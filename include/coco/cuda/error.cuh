// SPDX-License-Identifier: Apache-2.0
/// \file
/// Failures of CUDA and cuBLAS as errors that advise a fix.
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <string>

#include <coco/core/error.hpp>

namespace coco::cuda {

/// Advice on a failure that users may meet; empty where the name of the failure must suffice.
inline const char* cure(cudaError_t status) {
    switch (status) {
        case cudaErrorNoDevice:
            return "no GPU is seen: check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or compute on coco::Host";
        case cudaErrorInsufficientDriver:
            return "there is no driver, or one older than the CUDA toolkit: install or update it, or compute "
                   "on coco::Host";
        case cudaErrorInvalidDevice:
            return "no such GPU: devices are counted from 0, as `nvidia-smi -L` lists them";
        case cudaErrorNoKernelImageForDevice:
        case cudaErrorInvalidDeviceFunction:
            return "this program was compiled for another GPU: compile with nvcc's -arch=native, or with "
                   "CMAKE_CUDA_ARCHITECTURES set to this GPU's";
        case cudaErrorMemoryAllocation:
            return "the GPU's memory is full: make batches or the model smaller, or end other programs on it";
        case cudaErrorIllegalAddress:
        case cudaErrorMisalignedAddress:
            return "a kernel left its memory: run the program under compute-sanitizer to see which";
        default:
            return "";
    }
}

/// Throws `Error` unless a call of the CUDA runtime succeeded.
/// \param what  what was attempted, in a few words
inline void check(cudaError_t status, const char* what) {
    if (status == cudaSuccess) return;
    const std::string said = cudaGetErrorString(status), help = cure(status);
    // Otherwise the next check would report the same failure again.
    static_cast<void>(cudaGetLastError());
    throw Error(text_of("cuda: ", what), help.empty() ? said : text_of(said, ": ", help));
}

/// Throws `Error` unless a call of cuBLAS succeeded.
inline void check(cublasStatus_t status, const char* what) {
    if (status == CUBLAS_STATUS_SUCCESS) return;
    std::string help;
    if (status == CUBLAS_STATUS_ALLOC_FAILED || status == CUBLAS_STATUS_NOT_INITIALIZED)
        help =
            ": the GPU's memory may be full, or the libcublas found is not that of the CUDA toolkit compiled "
            "with";
    else if (status == CUBLAS_STATUS_ARCH_MISMATCH)
        help = ": this GPU lacks the arithmetic of the policy's math mode; use math_mode::Exact";
    throw Error(text_of("cublas: ", what), cublasGetStatusString(status) + help);
}

}  // namespace coco::cuda
