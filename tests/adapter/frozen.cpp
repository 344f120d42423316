// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/adapter/concept.hpp>
#include <coco/adapter/frozen.hpp>

using coco::adapter::Frozen;

static_assert(coco::Adapter<Frozen> && !Frozen::learns);

TEST_CASE("frozen adapter: declares no tensors") {
    coco::ParameterLayout layout;
    const Frozen adapter(layout, {}, coco::adapter::Sizes{30, 576, 576, 192, 192, 1536});
    CHECK(layout.tensors().empty());
    CHECK(layout.groups().empty());
}
