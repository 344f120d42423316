// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates the runtime's error codes: a call returns its code, and the last error of the calling thread is
/// stored until it is read. Unlike the real function, `cudaGetErrorString` returns a sentence that describes
/// the cause.
#pragma once

#include <string>
#include <utility>

enum cudaError {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInvalidConfiguration = 9,
    cudaErrorInvalidMemcpyDirection = 21,
    cudaErrorInsufficientDriver = 35,
    cudaErrorInvalidDeviceFunction = 98,
    cudaErrorNoDevice = 100,
    cudaErrorInvalidDevice = 101,
    cudaErrorNoKernelImageForDevice = 209,
    cudaErrorInvalidResourceHandle = 400,
    cudaErrorNotReady = 600,
    cudaErrorIllegalAddress = 700,
    cudaErrorLaunchOutOfResources = 701,
    cudaErrorLaunchTimeout = 702,
    cudaErrorMisalignedAddress = 716,
    cudaErrorLaunchFailure = 719,
    cudaErrorNotSupported = 801,
    cudaErrorStreamCaptureUnsupported = 900,
    cudaErrorStreamCaptureInvalidated = 901,
    cudaErrorStreamCaptureUnmatched = 903,
    cudaErrorUnknown = 999
};
using cudaError_t = cudaError;

namespace emulate {

/// The calling thread's last error and its message.
struct LastError {
    cudaError_t code = cudaSuccess, reported_code = cudaSuccess;
    std::string sentence;
};
inline LastError& last_error() {
    static thread_local LastError last;
    return last;
}

/// Stores an error; returns its code.
inline cudaError_t fail(cudaError_t code, std::string sentence) {
    LastError& last = last_error();
    last.code = last.reported_code = code;
    last.sentence = std::move(sentence);
    return code;
}

/// The message of the calling thread's last error.
inline const std::string& sentence() { return last_error().sentence; }

}  // namespace emulate

inline cudaError_t cudaGetLastError() { return std::exchange(emulate::last_error().code, cudaSuccess); }
inline cudaError_t cudaPeekAtLastError() { return emulate::last_error().code; }

inline const char* cudaGetErrorName(cudaError_t code) {
    switch (code) {
        case cudaSuccess:
            return "cudaSuccess";
        case cudaErrorInvalidValue:
            return "cudaErrorInvalidValue";
        case cudaErrorMemoryAllocation:
            return "cudaErrorMemoryAllocation";
        case cudaErrorInvalidConfiguration:
            return "cudaErrorInvalidConfiguration";
        case cudaErrorInvalidMemcpyDirection:
            return "cudaErrorInvalidMemcpyDirection";
        case cudaErrorInsufficientDriver:
            return "cudaErrorInsufficientDriver";
        case cudaErrorInvalidDeviceFunction:
            return "cudaErrorInvalidDeviceFunction";
        case cudaErrorNoDevice:
            return "cudaErrorNoDevice";
        case cudaErrorInvalidDevice:
            return "cudaErrorInvalidDevice";
        case cudaErrorNoKernelImageForDevice:
            return "cudaErrorNoKernelImageForDevice";
        case cudaErrorInvalidResourceHandle:
            return "cudaErrorInvalidResourceHandle";
        case cudaErrorNotReady:
            return "cudaErrorNotReady";
        case cudaErrorIllegalAddress:
            return "cudaErrorIllegalAddress";
        case cudaErrorLaunchOutOfResources:
            return "cudaErrorLaunchOutOfResources";
        case cudaErrorLaunchTimeout:
            return "cudaErrorLaunchTimeout";
        case cudaErrorMisalignedAddress:
            return "cudaErrorMisalignedAddress";
        case cudaErrorLaunchFailure:
            return "cudaErrorLaunchFailure";
        case cudaErrorNotSupported:
            return "cudaErrorNotSupported";
        case cudaErrorStreamCaptureUnsupported:
            return "cudaErrorStreamCaptureUnsupported";
        case cudaErrorStreamCaptureInvalidated:
            return "cudaErrorStreamCaptureInvalidated";
        case cudaErrorStreamCaptureUnmatched:
            return "cudaErrorStreamCaptureUnmatched";
        case cudaErrorUnknown:
            break;
    }
    return "cudaErrorUnknown";
}

/// The message of the calling thread's last error if it has this code, otherwise the name of the code.
inline const char* cudaGetErrorString(cudaError_t code) {
    const emulate::LastError& last = emulate::last_error();
    return code != cudaSuccess && code == last.reported_code ? last.sentence.c_str() : cudaGetErrorName(code);
}
