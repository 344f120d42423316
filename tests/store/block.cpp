// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstdlib>
#include <cstring>

#include <coco/store/block.hpp>

using namespace coco;

namespace {

/// Counts the allocated bytes.
struct CostModel {
    using Scalar = float;
    using Space = space::Host;
    std::size_t owned = 0;
    int calls = 0;

    void* allocate(std::size_t bytes) {
        ++calls;
        owned += bytes;
        return std::calloc(1, bytes);
    }
    void deallocate(void* memory, std::size_t bytes) noexcept {
        owned -= bytes;
        std::free(memory);
    }
};

}  // namespace

TEST_CASE("a block has zeroed elements and deallocates what it allocated", "[block]") {
    CostModel on;
    {
        Block<double, CostModel> block(on, 12);
        CHECK(on.owned == 96);
        for (Index i = 0; i < 12; ++i) CHECK(block.list()[i] == 0);
        block.view(3, 4)(2, 3) = 5;
        const auto& read = block;
        CHECK(read.list()[11] == 5);
        CHECK(read.view(4, 3)(3, 2) == 5);

        Block<double, CostModel> moved(std::move(block));
        CHECK(moved.size() == 12);
        CHECK(moved.data()[11] == 5);
        Block<double, CostModel> other(on, 2);
        other = std::move(moved);
        CHECK(other.data()[11] == 5);
        CHECK(on.calls == 2);
    }
    CHECK(on.owned == 0);
}

TEST_CASE("an empty block allocates nothing", "[block]") {
    CostModel on;
    const Block<float, CostModel> none(on, 0), never;
    CHECK(on.calls == 0);
    CHECK(none.data() == nullptr);
    CHECK(never.list().empty());
}
