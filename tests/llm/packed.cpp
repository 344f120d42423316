// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/packed.hpp>

#include "conformance/policy_under_test.hpp"
#include "llm/support.hpp"

using namespace support;
using P = coco::conformance::PolicyUnderTest<float>;

namespace {

std::vector<Id> list(P& on, coco::Ids<P> ids) {
    std::vector<Id> all(static_cast<std::size_t>(ids.size));
    on.download(ids, all.data());
    return all;
}
std::vector<Id> list(std::span<const Id> ids) { return {ids.begin(), ids.end()}; }

}  // namespace

TEST_CASE("packed rows: instruction, then each group's soft prompts and text; and the open groups of them") {
    P on = coco::conformance::policy<P>(1);
    coco::Workspace<P> work(on);
    coco::Context<P> ctx{on, work};
    const Prompts prompts{{8, 9}, {1, 0, 2}, {{4, 5}, {}, {6}}, {7, 3, 1}};
    const auto in = uploaded(on, work, prompts, Numbers(3 * 4, 0.5), 4);
    const auto [packed, source] = coco::llm::pack(ctx, in);
    CHECK(list(packed.segments.host) == std::vector<Id>{0, 2, 5, 5, 8});
    CHECK(list(packed.of_group.host) == std::vector<Id>{0, 3, 3, 6});
    CHECK(packed.segments.longest == 3);
    CHECK(packed.positions == 5);
    CHECK(list(on, packed.position) == std::vector<Id>{0, 1, 2, 3, 4, 2, 3, 4});
    CHECK(list(on, packed.row_key) ==
          std::vector<Id>{-1, -2, 7 * 4096, 7 * 4096 + 1, 7 * 4096 + 2, 4096, 4097, 4098});
    CHECK(list(on, source) == std::vector<Id>{-1, 0, 1, -2, -3, 2});

    const std::vector<std::uint8_t> last{0, 0, 1}, but_empty{1, 0, 1}, none{0, 1, 0};
    const auto opened = coco::llm::keep_open(ctx, packed, in.soft_of, 3, last);
    CHECK(list(on, opened.row) == std::vector<Id>{0, 1, 5, 6, 7});
    CHECK(list(on, opened.out_row) == std::vector<Id>{3, 4, 5});
    CHECK(list(on, opened.soft) == std::vector<Id>{-1, 2, 3});
    CHECK(list(opened.packed.segments.host) == std::vector<Id>{0, 2, 5});
    CHECK(list(on, opened.packed.position) == std::vector<Id>{0, 1, 2, 3, 4});
    CHECK(list(on, opened.packed.row_key) == std::vector<Id>{-1, -2, 4096, 4097, 4098});
    // Closing a group without rows changes nothing: all rows remain, and none is copied.
    CHECK(list(on, coco::llm::keep_open(ctx, packed, in.soft_of, 3, but_empty).row).empty());
    CHECK(coco::llm::keep_open(ctx, packed, in.soft_of, 3, none).packed.rows() == 2);
}

TEST_CASE("packed rows: soft prompts behind the text, and the open groups of them") {
    P on = coco::conformance::policy<P>(1);
    coco::Workspace<P> work(on);
    coco::Context<P> ctx{on, work};
    const Prompts prompts{{8, 9}, {1, 0, 2}, {{4, 5}, {}, {6}}, {7, 3, 1}};
    auto in = uploaded(on, work, prompts, Numbers(3 * 4, 0.5), 4);
    in.soft_last = true;
    const auto [packed, source] = coco::llm::pack(ctx, in);
    CHECK(list(packed.of_group.host) == std::vector<Id>{0, 3, 3, 6});
    CHECK(list(on, source) == std::vector<Id>{0, 1, -1, 2, -2, -3});
    const std::vector<std::uint8_t> last{0, 0, 1}, all{1, 1, 1};
    CHECK(list(on, coco::llm::keep_open(ctx, packed, in.soft_of, 3, last).soft) == std::vector<Id>{-1, 3, 4});
    CHECK(list(on, coco::llm::keep_open(ctx, packed, in.soft_of, 3, all).soft) == std::vector<Id>{4, 6, 7});
}
