// SPDX-License-Identifier: Apache-2.0
/// \file
/// The device's primitives in float and double, compiled once for all test programs whose device is emulated
/// (tests/instances/cuda.cpp), instead of once per translation unit.
#pragma once

#include <coco/cuda/cuda.cuh>

#ifndef COCO_INSTANCE
#define COCO_INSTANCE extern template
#endif

namespace coco::cuda {

#define COCO_INSTANTIATE(T, P)                                                                             \
    COCO_INSTANCE void multiply<T, math_mode::Exact>(Device&, View<const T, space::Device>, Op,            \
                                                     View<const T, space::Device>, Op,                     \
                                                     View<T, space::Device>, T, T);                        \
    COCO_INSTANCE void multiply_stored<T, math_mode::Exact>(Device&, View<const T, space::Device>,         \
                                                            const Stored<space::Device>&, Op,              \
                                                            View<T, space::Device>, Write, Precision);     \
    COCO_INSTANCE void gather_stored<T>(Device&, const Stored<space::Device>&,                             \
                                        List<const Id, space::Device>, View<T, space::Device>);            \
    COCO_INSTANCE void attend<P>(Device&, const Attention<P>&, CRows<P>, CRows<P>, CRows<P>, CRows<P>,     \
                                 CRows<P>, Rows<P>, Rows<P>);                                              \
    COCO_INSTANCE void attend_backward<P>(Device&, const Attention<P>&, CRows<P>, CRows<P>, CRows<P>,      \
                                          CRows<P>, CRows<P>, CRows<P>, CRows<P>, CRows<P>, Rows<P>,       \
                                          Rows<P>, Rows<P>, Rows<P>, Rows<P>);                             \
    COCO_INSTANCE void softmax_cross_entropy<P, math_mode::Exact>(Device&, CRows<P>, const Classes<P>&, T, \
                                                                  T*, Rows<P>, Rows<P>, Rows<P>, Index);   \
    COCO_INSTANCE void top_k<P>(Device&, CRows<P>, CRows<P>, CRows<P>, const ExcludedItems<P>&, Index,     \
                                MutableIds<P>, Rows<P>, Index);                                            \
    COCO_INSTANCE void target_rank<P>(Device&, CRows<P>, CRows<P>, CRows<P>, const ExcludedItems<P>&,      \
                                      Ids<P>, Rows<P>, Index);                                             \
    COCO_INSTANCE void squared_norm<T>(Device&, std::span<const List<const T, space::Device>>, T*);        \
    COCO_INSTANCE void adamw<T, P>(Device&, std::span<const AdamWRange<P>>, const T*);

COCO_INSTANTIATE(float, BasicCuda<float>)
COCO_INSTANTIATE(double, BasicCuda<double>)
#undef COCO_INSTANTIATE

}  // namespace coco::cuda
