// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates cuBLAS's argument checks and arithmetic: handles, column-major matrices, supported combinations
/// of types. Every matrix must lie completely in device memory. Inputs are rounded as the requested
/// arithmetic rounds them; sums are float or double.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <library_types.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include <emulate/memory.hpp>
#include <emulate/product.hpp>
#include <emulate/stream.hpp>

enum cublasStatus_t {
    CUBLAS_STATUS_SUCCESS = 0,
    CUBLAS_STATUS_NOT_INITIALIZED = 1,
    CUBLAS_STATUS_ALLOC_FAILED = 3,
    CUBLAS_STATUS_INVALID_VALUE = 7,
    CUBLAS_STATUS_ARCH_MISMATCH = 8,
    CUBLAS_STATUS_MAPPING_ERROR = 11,
    CUBLAS_STATUS_EXECUTION_FAILED = 13,
    CUBLAS_STATUS_INTERNAL_ERROR = 14,
    CUBLAS_STATUS_NOT_SUPPORTED = 15
};
enum cublasOperation_t { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1, CUBLAS_OP_C = 2 };
enum cublasPointerMode_t { CUBLAS_POINTER_MODE_HOST = 0, CUBLAS_POINTER_MODE_DEVICE = 1 };
enum cublasAtomicsMode_t { CUBLAS_ATOMICS_NOT_ALLOWED = 0, CUBLAS_ATOMICS_ALLOWED = 1 };
enum cublasMath_t {
    CUBLAS_DEFAULT_MATH = 0,
    CUBLAS_TENSOR_OP_MATH = 1,
    CUBLAS_PEDANTIC_MATH = 2,
    CUBLAS_TF32_TENSOR_OP_MATH = 3,
    CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION = 16
};
enum cublasGemmAlgo_t { CUBLAS_GEMM_DEFAULT = -1, CUBLAS_GEMM_DEFAULT_TENSOR_OP = 99 };
enum cublasComputeType_t {
    CUBLAS_COMPUTE_32F = 68,
    CUBLAS_COMPUTE_32F_PEDANTIC = 69,
    CUBLAS_COMPUTE_64F = 70,
    CUBLAS_COMPUTE_64F_PEDANTIC = 71,
    CUBLAS_COMPUTE_32F_FAST_16F = 74,
    CUBLAS_COMPUTE_32F_FAST_16BF = 75,
    CUBLAS_COMPUTE_32F_FAST_TF32 = 77
};

struct cublasContext {
    int device = 0;
    cudaStream_t stream = nullptr;
    void* workspace = nullptr;
    std::size_t workspace_bytes = 0;
    unsigned math = CUBLAS_DEFAULT_MATH;
    cublasPointerMode_t pointers = CUBLAS_POINTER_MODE_HOST;
    cublasAtomicsMode_t atomics = CUBLAS_ATOMICS_NOT_ALLOWED;
};
using cublasHandle_t = cublasContext*;

namespace emulate {

struct LastStatus {
    cublasStatus_t code = CUBLAS_STATUS_SUCCESS;
    std::string sentence;
};
inline LastStatus& last_status() {
    static thread_local LastStatus last;
    return last;
}
inline cublasStatus_t refuse(cublasStatus_t code, std::string sentence) {
    last_status() = {code, std::move(sentence)};
    return code;
}
inline cublasStatus_t status_of(cudaError_t code) {
    return code == cudaSuccess ? CUBLAS_STATUS_SUCCESS : refuse(CUBLAS_STATUS_EXECUTION_FAILED, sentence());
}

/// A batch of equally sized matrices as the caller passes it.
struct Matrices {
    const void* data;
    cudaDataType_t type;
    int leading;
    long long stride;
};

/// One call: `batch` products of the same sizes.
struct Product {
    cublasOperation_t op_a, op_b;
    int m, n, k;
    const void* alpha;
    Matrices a, b;
    const void* beta;
    Matrices c;
    int batch;
    cublasComputeType_t compute;
};

inline std::size_t size_of(cudaDataType_t type) {
    return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : 2;
}

/// Whether a matrix of rows x columns is aligned, in device memory, and within its allocation.
inline cublasStatus_t check_matrices(const Matrices& x, int rows, int columns, int batch, const char* name) {
    const std::string who = std::string("matrix ") + name + " ";
    if (x.leading < std::max(1, rows))
        return refuse(CUBLAS_STATUS_INVALID_VALUE, who + "has " + std::to_string(rows) +
                                                       " rows, but the leading dimension " +
                                                       std::to_string(x.leading));
    if (rows == 0 || columns == 0 || batch == 0) return CUBLAS_STATUS_SUCCESS;
    const std::size_t element = size_of(x.type);
    const auto span = (static_cast<std::size_t>(columns) - 1) * static_cast<std::size_t>(x.leading) +
                      static_cast<std::size_t>(rows);
    if (reinterpret_cast<std::uintptr_t>(x.data) % element != 0)
        return refuse(CUBLAS_STATUS_EXECUTION_FAILED, who + "is not aligned to its elements");
    for (const long long i : {0LL, static_cast<long long>(batch) - 1})
        if (!Memory::all().holds(
                static_cast<const char*>(x.data) + i * x.stride * static_cast<long long>(element),
                span * element, cudaMemoryTypeDevice))
            return refuse(CUBLAS_STATUS_EXECUTION_FAILED,
                          who + "does not lie in device memory, or reaches past its allocation");
    return CUBLAS_STATUS_SUCCESS;
}

/// Whether cuBLAS supports this combination of types.
inline bool go_together(const Product& p) {
    const cudaDataType_t a = p.a.type, c = p.c.type;
    if (a != p.b.type) return false;
    switch (p.compute) {
        case CUBLAS_COMPUTE_64F:
        case CUBLAS_COMPUTE_64F_PEDANTIC:
            return a == CUDA_R_64F && c == CUDA_R_64F;
        case CUBLAS_COMPUTE_32F:
        case CUBLAS_COMPUTE_32F_PEDANTIC:
            return (a == CUDA_R_32F && c == CUDA_R_32F) ||
                   ((a == CUDA_R_16F || a == CUDA_R_16BF) && (c == a || c == CUDA_R_32F));
        default:
            return a == CUDA_R_32F && c == CUDA_R_32F;
    }
}

inline float rounded(float x, cublasComputeType_t compute) {
    switch (compute) {
        case CUBLAS_COMPUTE_32F_FAST_TF32:
            return to_tf32(x);
        case CUBLAS_COMPUTE_32F_FAST_16BF:
            return to_bf16(x);
        case CUBLAS_COMPUTE_32F_FAST_16F:
            return from_half(half_bits(x));
        default:
            return x;
    }
}

/// T: type of the sums; E, C: element types of the factors and of the result.
template <class T, class E, class C>
void run(const Product& p, T alpha, T beta) {
    const auto size = [](int n) { return static_cast<std::size_t>(n); };
    for (long long i = 0; i < p.batch; ++i) {
        const Columns<const E> a{static_cast<const E*>(p.a.data) + i * p.a.stride, size(p.a.leading),
                                 p.op_a != CUBLAS_OP_N};
        const Columns<const E> b{static_cast<const E*>(p.b.data) + i * p.b.stride, size(p.b.leading),
                                 p.op_b != CUBLAS_OP_N};
        const Columns<C> c{static_cast<C*>(const_cast<void*>(p.c.data)) + i * p.c.stride, size(p.c.leading)};
        // If alpha is zero the factors are not read; if beta is zero c is not read.
        multiply<T>(
            size(p.m), size(p.n), alpha == T(0) ? 0 : size(p.k), a, b, c,
            [&](const E& x) {
                if constexpr (std::is_same_v<E, float>)
                    return rounded(x, p.compute);
                else
                    return static_cast<T>(x);
            },
            [&](C& x, T sum) {
                x = static_cast<C>(beta == T(0) ? alpha * sum : alpha * sum + beta * static_cast<T>(x));
            });
    }
}

template <class T, class E>
void run_into(const Product& p, T alpha, T beta) {
    if (p.c.type == p.a.type)
        run<T, E, E>(p, alpha, beta);
    else
        run<T, E, T>(p, alpha, beta);
}
inline void run_double(const Product& p, double alpha, double beta) {
    run<double, double, double>(p, alpha, beta);
}
inline void run_float(const Product& p, float alpha, float beta) {
    switch (p.a.type) {
        case CUDA_R_16BF:
            return run_into<float, __nv_bfloat16>(p, alpha, beta);
        case CUDA_R_16F:
            return run_into<float, __half>(p, alpha, beta);
        default:
            return run<float, float, float>(p, alpha, beta);
    }
}

/// Checks alpha or beta according to the handle's pointer mode. On the device it is read when the product
/// runs.
inline cublasStatus_t check_factor(const void* factor, bool on_device, std::size_t bytes, const char* name) {
    if (!factor) return refuse(CUBLAS_STATUS_INVALID_VALUE, std::string(name) + " is a null pointer");
    if (Memory::all().holds(factor, bytes, cudaMemoryTypeDevice) != on_device)
        return refuse(CUBLAS_STATUS_EXECUTION_FAILED,
                      std::string(name) + " does not lie where the handle's pointer mode says");
    return CUBLAS_STATUS_SUCCESS;
}

template <class T, class Run>
cublasStatus_t queue(const cublasContext& handle, const Product& p, const Run& run_it) {
    const bool on_device = handle.pointers == CUBLAS_POINTER_MODE_DEVICE;
    cublasStatus_t status = check_factor(p.alpha, on_device, sizeof(T), "alpha");
    if (status == CUBLAS_STATUS_SUCCESS) status = check_factor(p.beta, on_device, sizeof(T), "beta");
    if (status != CUBLAS_STATUS_SUCCESS) return status;
    if (on_device)
        return status_of(submit(handle.stream, [=] {
            run_it(p, *static_cast<const T*>(p.alpha), *static_cast<const T*>(p.beta));
            return cudaSuccess;
        }));
    return status_of(submit(
        handle.stream, [=, alpha = *static_cast<const T*>(p.alpha), beta = *static_cast<const T*>(p.beta)] {
            run_it(p, alpha, beta);
            return cudaSuccess;
        }));
}

/// Checks a call and queues it on the handle's stream.
inline cublasStatus_t call(cublasHandle_t handle, const Product& p) {
    if (!handle) return refuse(CUBLAS_STATUS_NOT_INITIALIZED, "there is no handle");
    if (handle->device != current_device())
        return refuse(CUBLAS_STATUS_EXECUTION_FAILED, "the handle belongs to device " +
                                                          std::to_string(handle->device) +
                                                          ", but the thread works on another");
    if (p.m < 0 || p.n < 0 || p.k < 0 || p.batch < 0)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, "a size is below 0");
    if (!go_together(p))
        return refuse(CUBLAS_STATUS_NOT_SUPPORTED, "these types and this arithmetic do not go together");
    const bool plain_a = p.op_a == CUBLAS_OP_N, plain_b = p.op_b == CUBLAS_OP_N;
    cublasStatus_t status = check_matrices(p.a, plain_a ? p.m : p.k, plain_a ? p.k : p.m, p.batch, "A");
    if (status == CUBLAS_STATUS_SUCCESS)
        status = check_matrices(p.b, plain_b ? p.k : p.n, plain_b ? p.n : p.k, p.batch, "B");
    if (status == CUBLAS_STATUS_SUCCESS) status = check_matrices(p.c, p.m, p.n, p.batch, "C");
    if (status != CUBLAS_STATUS_SUCCESS) return status;
    return p.c.type == CUDA_R_64F ? queue<double>(*handle, p, run_double)
                                  : queue<float>(*handle, p, run_float);
}

}  // namespace emulate
