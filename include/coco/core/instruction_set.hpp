// SPDX-License-Identifier: Apache-2.0
/// \file
/// A tag for inline code that depends on the instruction set. Units compiled for different processors may be
/// linked into one program: each name then exists once per instruction set, and the linker cannot take one
/// unit's for the other's. `BasicHost` carries it, and so everything that is a template of the policy.
#pragma once

/// Name of an inline namespace: the vector instructions that the compiler may use here.
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define COCO_INSTRUCTION_SET avx512
#elif defined(__AVX512F__)
#define COCO_INSTRUCTION_SET avx512f
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#define COCO_INSTRUCTION_SET avx2
#elif defined(__AVX__) && defined(__F16C__)
#define COCO_INSTRUCTION_SET avx_f16c
#elif defined(__AVX__)
#define COCO_INSTRUCTION_SET avx
#else
#define COCO_INSTRUCTION_SET baseline_set
#endif
