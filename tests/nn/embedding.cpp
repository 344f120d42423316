// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;
using conformance::Numbers;

namespace {

/// Gathers rows of a table by item, and adds the same rows to an input.
struct Case {
    template <class Policy>
    struct Saved {
        Rows<Policy> out;
    };
    TensorRef table;

    explicit Case(ParameterLayout& layout)
        : table(layout.claim("item", conformance::trial_items, 5, Init::normal(1), Decay::no,
                             ParameterBlock::table)) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 5}}; }
    template <class Policy>
    Saved<Policy> forward(Context<Policy>& ctx, const Sequence<Policy>& s,
                          const conformance::In<Policy>& x) const {
        const Rows<Policy> out = ctx.work.keep(s.item.size, 5);
        nn::copy<Policy>(ctx.on, x[0], out);
        nn::gather<Policy>(ctx.on, ctx.value(table), s.item, out, Write::add);
        return {out};
    }
    template <class Policy>
    void backward(Context<Policy>& ctx, const Sequence<Policy>& s, const Saved<Policy>&, CRows<Policy> dy,
                  const conformance::Out<Policy>& dx) const {
        if (!dx[0].empty()) nn::copy<Policy>(ctx.on, dy, dx[0]);
        if (const auto d = ctx.gradient(table); !d.empty()) nn::scatter<Policy>(ctx.on, dy, s.by_item, d);
    }
};

}  // namespace

TEST_CASE("gather and scatter pass the conformance test of a layer", "[embedding]") {
    conformance::layer<Case>();
}

TEST_CASE("gather reads rows by id, and zeros for no_id", "[embedding]") {
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    const CRows<P> table = conformance::uploaded(on, work, {1, 2, 3, 4, 5, 6}, {3, 2});
    const std::vector<Id> id{2, no_id, 0, 2};
    const Rows<P> out = conformance::uploaded(on, work, Numbers(8, 9.0), {4, 2});
    nn::gather<P>(on, table, on.upload(std::span<const Id>(id), work), out);
    CHECK(conformance::downloaded<P>(on, out) == Numbers{5, 6, 0, 0, 1, 2, 5, 6});
    nn::gather<P>(on, table, on.upload(std::span<const Id>(id), work), out, Write::add);
    CHECK(conformance::downloaded<P>(on, out) == Numbers{10, 12, 0, 0, 2, 4, 10, 12});

    const Inverse<P> inverse = conformance::inverse(on, work, id, 3);
    const Rows<P> back = conformance::uploaded(on, work, Numbers(6, 1.0), {3, 2});
    nn::scatter<P>(on, CRows<P>(out), inverse, back);
    CHECK(conformance::downloaded<P>(on, back) == Numbers{3, 5, 1, 1, 21, 25});
}

TEST_CASE("scatter sums the gradients of an item with thousands of rows, for any number of threads",
          "[embedding]") {
    const std::vector<Id> id(5000, 1);
    Numbers first;
    for (const int threads : {1, 2, 3}) {
        P on = conformance::policy<P>(threads);
        Workspace<P> work(on);
        const CRows<P> dy = conformance::uploaded(on, work, conformance::normals(5000 * 8, 3), {5000, 8});
        const Rows<P> table = conformance::uploaded(on, work, Numbers(16, 0.0), {2, 8});
        nn::scatter<P>(on, dy, conformance::inverse(on, work, id, 2), table);
        const Numbers out = conformance::downloaded<P>(on, table);
        if (threads == 1) first = out;
        CHECK(out == first);
    }
}
