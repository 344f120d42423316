// SPDX-License-Identifier: Apache-2.0
/// \file
/// Replaces the CUDA toolkit's header of the same name: handles and matrix products.
#pragma once

#include <cuda_runtime.h>

#include <emulate/blas.hpp>

inline const char* cublasGetStatusName(cublasStatus_t status) {
    switch (status) {
        case CUBLAS_STATUS_SUCCESS:
            return "CUBLAS_STATUS_SUCCESS";
        case CUBLAS_STATUS_NOT_INITIALIZED:
            return "CUBLAS_STATUS_NOT_INITIALIZED";
        case CUBLAS_STATUS_ALLOC_FAILED:
            return "CUBLAS_STATUS_ALLOC_FAILED";
        case CUBLAS_STATUS_INVALID_VALUE:
            return "CUBLAS_STATUS_INVALID_VALUE";
        case CUBLAS_STATUS_ARCH_MISMATCH:
            return "CUBLAS_STATUS_ARCH_MISMATCH";
        case CUBLAS_STATUS_MAPPING_ERROR:
            return "CUBLAS_STATUS_MAPPING_ERROR";
        case CUBLAS_STATUS_EXECUTION_FAILED:
            return "CUBLAS_STATUS_EXECUTION_FAILED";
        case CUBLAS_STATUS_INTERNAL_ERROR:
            return "CUBLAS_STATUS_INTERNAL_ERROR";
        case CUBLAS_STATUS_NOT_SUPPORTED:
            return "CUBLAS_STATUS_NOT_SUPPORTED";
    }
    return "unknown";
}
/// The message of the calling thread's last error if it has this status, otherwise the name of the status.
inline const char* cublasGetStatusString(cublasStatus_t status) {
    const emulate::LastStatus& last = emulate::last_status();
    return status != CUBLAS_STATUS_SUCCESS && status == last.code ? last.sentence.c_str()
                                                                  : cublasGetStatusName(status);
}

inline cublasStatus_t cublasCreate(cublasHandle_t* handle) {
    const cudaError_t status = emulate::check_device(emulate::current_device());
    if (status != cudaSuccess) return emulate::refuse(CUBLAS_STATUS_NOT_INITIALIZED, emulate::sentence());
    *handle = new cublasContext;
    (*handle)->device = emulate::current_device();
    return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasDestroy(cublasHandle_t handle) {
    if (!handle) return emulate::refuse(CUBLAS_STATUS_NOT_INITIALIZED, "there is no handle");
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}
/// Resets the workspace, as the real function does.
inline cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
    if (!handle) return emulate::refuse(CUBLAS_STATUS_NOT_INITIALIZED, "there is no handle");
    handle->stream = stream;
    handle->workspace = nullptr;
    handle->workspace_bytes = 0;
    return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasGetStream(cublasHandle_t handle, cudaStream_t* stream) {
    *stream = handle->stream;
    return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void* workspace, std::size_t bytes) {
    if (!handle) return emulate::refuse(CUBLAS_STATUS_NOT_INITIALIZED, "there is no handle");
    if (reinterpret_cast<std::uintptr_t>(workspace) % 256 != 0)
        return emulate::refuse(CUBLAS_STATUS_INVALID_VALUE, "a workspace must be aligned to 256 bytes");
    if (bytes > 0 && !emulate::Memory::all().holds(workspace, bytes, cudaMemoryTypeDevice))
        return emulate::refuse(CUBLAS_STATUS_INVALID_VALUE, "a workspace must be memory of the device");
    handle->workspace = workspace;
    handle->workspace_bytes = bytes;
    return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
    handle->math = mode;
    return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode) {
    *mode = static_cast<cublasMath_t>(handle->math);
    return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasSetPointerMode(cublasHandle_t handle, cublasPointerMode_t mode) {
    handle->pointers = mode;
    return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasSetAtomicsMode(cublasHandle_t handle, cublasAtomicsMode_t mode) {
    handle->atomics = mode;
    return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasGetVersion(cublasHandle_t, int* version) {
    *version = 130100;
    return CUBLAS_STATUS_SUCCESS;
}

inline cublasStatus_t cublasGemmStridedBatchedEx(
    cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n, int k,
    const void* alpha, const void* a, cudaDataType_t a_type, int lda, long long a_stride, const void* b,
    cudaDataType_t b_type, int ldb, long long b_stride, const void* beta, void* c, cudaDataType_t c_type,
    int ldc, long long c_stride, int batch, cublasComputeType_t compute, cublasGemmAlgo_t) {
    return emulate::call(handle, {op_a,
                                  op_b,
                                  m,
                                  n,
                                  k,
                                  alpha,
                                  {a, a_type, lda, a_stride},
                                  {b, b_type, ldb, b_stride},
                                  beta,
                                  {c, c_type, ldc, c_stride},
                                  batch,
                                  compute});
}
inline cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                                   int m, int n, int k, const void* alpha, const void* a,
                                   cudaDataType_t a_type, int lda, const void* b, cudaDataType_t b_type,
                                   int ldb, const void* beta, void* c, cudaDataType_t c_type, int ldc,
                                   cublasComputeType_t compute, cublasGemmAlgo_t algorithm) {
    return cublasGemmStridedBatchedEx(handle, op_a, op_b, m, n, k, alpha, a, a_type, lda, 0, b, b_type, ldb,
                                      0, beta, c, c_type, ldc, 0, 1, compute, algorithm);
}
/// Computes in float, or in TF32 if the handle's math mode is set so.
inline cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t op_a,
                                                cublasOperation_t op_b, int m, int n, int k,
                                                const float* alpha, const float* a, int lda,
                                                long long a_stride, const float* b, int ldb,
                                                long long b_stride, const float* beta, float* c, int ldc,
                                                long long c_stride, int batch) {
    const bool short_inputs = handle && handle->math == CUBLAS_TF32_TENSOR_OP_MATH;
    return cublasGemmStridedBatchedEx(handle, op_a, op_b, m, n, k, alpha, a, CUDA_R_32F, lda, a_stride, b,
                                      CUDA_R_32F, ldb, b_stride, beta, c, CUDA_R_32F, ldc, c_stride, batch,
                                      short_inputs ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F,
                                      CUBLAS_GEMM_DEFAULT);
}
inline cublasStatus_t cublasSgemm(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                                  int m, int n, int k, const float* alpha, const float* a, int lda,
                                  const float* b, int ldb, const float* beta, float* c, int ldc) {
    return cublasSgemmStridedBatched(handle, op_a, op_b, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc,
                                     0, 1);
}
inline cublasStatus_t cublasDgemmStridedBatched(cublasHandle_t handle, cublasOperation_t op_a,
                                                cublasOperation_t op_b, int m, int n, int k,
                                                const double* alpha, const double* a, int lda,
                                                long long a_stride, const double* b, int ldb,
                                                long long b_stride, const double* beta, double* c, int ldc,
                                                long long c_stride, int batch) {
    return cublasGemmStridedBatchedEx(handle, op_a, op_b, m, n, k, alpha, a, CUDA_R_64F, lda, a_stride, b,
                                      CUDA_R_64F, ldb, b_stride, beta, c, CUDA_R_64F, ldc, c_stride, batch,
                                      CUBLAS_COMPUTE_64F, CUBLAS_GEMM_DEFAULT);
}
inline cublasStatus_t cublasDgemm(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                                  int m, int n, int k, const double* alpha, const double* a, int lda,
                                  const double* b, int ldb, const double* beta, double* c, int ldc) {
    return cublasDgemmStridedBatched(handle, op_a, op_b, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc,
                                     0, 1);
}
