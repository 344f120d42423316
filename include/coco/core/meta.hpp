// SPDX-License-Identifier: Apache-2.0
/// \file
/// Type lists, searched by role. The only header that includes Boost.Hana.
#pragma once

#include <coco/core/requirements.hpp>

#if !__has_include(<boost/hana/tuple.hpp>)
#error \
    "coco: Boost.Hana is not found: link coco::coco, or add Boost's folder to the include path (Debian: libboost-dev)"
#endif
#include <boost/hana/append.hpp>
#include <boost/hana/count_if.hpp>
#include <boost/hana/filter.hpp>
#include <boost/hana/front.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>
#include <boost/hana/unpack.hpp>

#include <cstddef>
#include <type_traits>

#include <coco/core/role.hpp>

namespace coco::meta {

/// Whether a type (as a value) has the role R.
template <class R>
struct HasRole {
    template <class T>
    constexpr auto operator()(T) const {
        return boost::hana::bool_c<std::is_same_v<role_of<typename T::type>, R>>;
    }
};

/// Number of `Parts` that have the role R.
template <class R, class... Parts>
inline constexpr std::size_t count =
    decltype(boost::hana::count_if(boost::hana::tuple_t<Parts...>, HasRole<R>{}))::value;

/// The first of `Parts` that has the role R, or `Default`.
template <class R, class Default, class... Parts>
using part_for = typename std::remove_cvref_t<decltype(boost::hana::front(boost::hana::append(
    boost::hana::filter(boost::hana::tuple_t<Parts...>, HasRole<R>{}), boost::hana::type_c<Default>)))>::type;

/// `List` of those of `Parts` that have the role R, in their order; `Default` where there is none.
template <class R, template <class...> class List, class Default, class... Parts>
using parts_for =
    typename std::conditional_t<count<R, Parts...> == 0, boost::hana::type<Default>,
                                decltype(boost::hana::unpack(
                                    boost::hana::filter(boost::hana::tuple_t<Parts...>, HasRole<R>{}),
                                    boost::hana::template_<List>))>::type;

}  // namespace coco::meta
