// SPDX-License-Identifier: Apache-2.0
/// \file
/// The host's primitives in float and double, compiled once for all programs of this build
/// (tests/instances/host.cpp, with full optimisation) instead of once per translation unit. Included in front
/// of every unit.
#pragma once

#include <coco/host/host.hpp>

#ifndef COCO_INSTANCE
#define COCO_INSTANCE extern template
#endif

namespace coco::host {

#define COCO_INSTANTIATE(T, P)                                                                               \
    COCO_INSTANCE void multiply<T>(Pool&, View<const T, space::Host>, Op, View<const T, space::Host>, Op,    \
                                   View<T, space::Host>, T, T);                                              \
    COCO_INSTANCE void multiply_stored<T>(Pool&, View<const T, space::Host>, const Stored<space::Host>&, Op, \
                                          View<T, space::Host>, Write, Precision);                           \
    COCO_INSTANCE void gather_stored<T>(Pool&, const Stored<space::Host>&, List<const Id, space::Host>,      \
                                        View<T, space::Host>);                                               \
    COCO_INSTANCE void attend<P>(Pool&, const Attention<P>&, CRows<P>, CRows<P>, CRows<P>, CRows<P>,         \
                                 CRows<P>, Rows<P>, Rows<P>);                                                \
    COCO_INSTANCE void attend_backward<P>(Pool&, const Attention<P>&, CRows<P>, CRows<P>, CRows<P>,          \
                                          CRows<P>, CRows<P>, CRows<P>, CRows<P>, CRows<P>, Rows<P>,         \
                                          Rows<P>, Rows<P>, Rows<P>, Rows<P>);                               \
    COCO_INSTANCE void softmax_cross_entropy<P>(Pool&, CRows<P>, const Classes<P>&, T, T*, Rows<P>, Rows<P>, \
                                                Rows<P>);                                                    \
    COCO_INSTANCE void top_k<P>(Pool&, CRows<P>, CRows<P>, CRows<P>, const ExcludedItems<P>&, Index,         \
                                MutableIds<P>, Rows<P>);                                                     \
    COCO_INSTANCE void target_rank<P>(Pool&, CRows<P>, CRows<P>, CRows<P>, const ExcludedItems<P>&, Ids<P>,  \
                                      Rows<P>);                                                              \
    COCO_INSTANCE void squared_norm<T>(Pool&, List<const T, space::Host>, T*);                               \
    COCO_INSTANCE void adamw<T>(Pool&, const AdamWStep&, List<T, space::Host>, List<const T, space::Host>,   \
                                List<T, space::Host>, List<T, space::Host>, const T*);

COCO_INSTANTIATE(float, BasicHost<float>)
COCO_INSTANTIATE(double, BasicHost<double>)
#undef COCO_INSTANTIATE

}  // namespace coco::host
