// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstdint>
#include <cstdlib>

#include <coco/store/workspace.hpp>

using namespace coco;

namespace {

struct CostModel {
    using Scalar = double;
    using Space = space::Host;
    std::size_t owned = 0;
    int calls = 0;

    void* allocate(std::size_t bytes) {
        ++calls;
        owned += bytes;
        void* memory = std::aligned_alloc(64, (bytes + 63) / 64 * 64);
        return memory;
    }
    void deallocate(void* memory, std::size_t bytes) noexcept {
        owned -= bytes;
        std::free(memory);
    }
};

bool aligned(const void* at) { return reinterpret_cast<std::uintptr_t>(at) % 64 == 0; }

}  // namespace

TEST_CASE("kept memory neither moves nor overlaps while the workspace grows", "[workspace]") {
    CostModel on;
    Workspace<CostModel> work(on);
    std::vector<View<double, space::Host>> all;
    for (Index k = 1; k <= 40; ++k) {
        all.push_back(work.keep(k * 100, 37));
        CHECK(aligned(all.back().data));
        std::fill(all.back().data, all.back().data + all.back().size(), static_cast<double>(k));
    }
    for (Index k = 1; k <= 40; ++k) {
        const auto& v = all[static_cast<std::size_t>(k - 1)];
        CHECK(v(0, 0) == static_cast<double>(k));
        CHECK(v(v.rows - 1, 36) == static_cast<double>(k));
    }
}

TEST_CASE("after one reset a step of at most the same size allocates nothing", "[workspace]") {
    CostModel on;
    Workspace<CostModel> work(on);
    const auto step = [&](Index scale) {
        work.reset();
        for (Index k = 1; k <= 20; ++k) {
            work.keep(k * scale, 50);
            const Workspace<CostModel>::Frame frame(work);
            work.scratch(k * scale * 3, 20);
            work.numbers(k * scale);
        }
    };
    step(500);
    step(500);
    const int calls = on.calls;
    const std::size_t total = work.total();
    for (const Index scale : {500, 3, 400, 500}) step(scale);
    CHECK(on.calls == calls);
    CHECK(work.total() == total);
}

TEST_CASE("frames release scratch memory, the innermost first; kept rows survive them", "[workspace]") {
    CostModel on;
    Workspace<CostModel> work(on);
    const auto kept = work.keep(1, 4);
    kept(0, 0) = 3;
    double *outer = nullptr, *inner = nullptr;
    {
        const Workspace<CostModel>::Frame frame(work);
        outer = work.scratch(1, 4).data;
        {
            const Workspace<CostModel>::Frame within(work);
            inner = work.scratch(1, 4).data;
            CHECK(inner != outer);
        }
        CHECK(work.scratch(1, 4).data == inner);
    }
    const Workspace<CostModel>::Frame frame(work);
    CHECK(work.scratch(1, 4).data == outer);
    CHECK(kept(0, 0) == 3);
}

TEST_CASE("a pass releases the memory kept inside it", "[workspace]") {
    CostModel on;
    Workspace<CostModel> work(on);
    const double* first = nullptr;
    {
        const Workspace<CostModel>::RecomputeScope passing(work);
        first = work.keep(5, 5).data;
        work.keep(200000, 2);
    }
    CHECK(work.keep(5, 5).data == first);
}

TEST_CASE("lists and numbers have the requested type and size, also zero", "[workspace]") {
    CostModel on;
    Workspace<CostModel> work(on);
    CHECK(work.keep_list<Id>(7).size == 7);
    CHECK(work.scratch_list<std::uint8_t>(0).size == 0);
    CHECK(work.numbers(3).size() == 3);
    CHECK(work.numbers<double>(0).empty());
    CHECK(work.keep(0, 8).empty());
    CHECK(work.keep<std::uint8_t>(2, 3).size() == 6);
}

TEST_CASE("a workspace has a reserve for steps larger than the first", "[workspace]") {
    CostModel on;
    Arena<CostModel> arena(on);
    arena.take(1 << 20);
    arena.reset();
    arena.reserve(1.5);
    const int calls = on.calls;
    arena.take(3 << 19);
    CHECK(on.calls == calls);
    CHECK(arena.total() >= (3u << 19));
}
