// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>

#include "laws/here.hpp"
#include "laws/stage.hpp"

using namespace coco;
using P = laws::Here<double>;
using laws::Numbers;

namespace {

/// Rows of a table by item, and the same rows added to an input.
struct Case {
    template <class Policy>
    struct Kept {
        Rows<Policy> out;
    };
    Slot table;

    explicit Case(Layout& layout)
        : table(layout.claim("item", laws::law_items, 5, Init::normal(1), Decay::no, Home::table)) {}
    static std::vector<laws::Shape> inputs(Index rows) { return {{rows, 5}}; }
    template <class Policy>
    Kept<Policy> forward(Run<Policy>& run, const Sequence<Policy>& s, const laws::In<Policy>& x) const {
        const Rows<Policy> out = run.work.keep(s.item.size, 5);
        nn::copy<Policy>(run.on, x[0], out);
        nn::gather<Policy>(run.on, run.value(table), s.item, out, Write::add);
        return {out};
    }
    template <class Policy>
    void backward(Run<Policy>& run, const Sequence<Policy>& s, const Kept<Policy>&, CRows<Policy> dy,
                  const laws::Out<Policy>& dx) const {
        if (!dx[0].empty()) nn::copy<Policy>(run.on, dy, dx[0]);
        if (const auto d = run.gradient(table); !d.empty()) nn::scatter<Policy>(run.on, dy, s.by_item, d);
    }
};

}  // namespace

TEST_CASE("gather and scatter obey the law of stages", "[embedding]") { laws::stage<Case>(); }

TEST_CASE("gather reads rows by id, and zeros where there is none", "[embedding]") {
    P on = laws::policy<P>(1);
    Workspace<P> work(on);
    const CRows<P> table = laws::brought(on, work, {1, 2, 3, 4, 5, 6}, {3, 2});
    const std::vector<Id> id{2, no_id, 0, 2};
    const Rows<P> out = laws::brought(on, work, Numbers(8, 9.0), {4, 2});
    nn::gather<P>(on, table, on.bring(std::span<const Id>(id), work), out);
    CHECK(laws::fetched<P>(on, out) == Numbers{5, 6, 0, 0, 1, 2, 5, 6});
    nn::gather<P>(on, table, on.bring(std::span<const Id>(id), work), out, Write::add);
    CHECK(laws::fetched<P>(on, out) == Numbers{10, 12, 0, 0, 2, 4, 10, 12});

    const Inverse<P> inverse = laws::inverse(on, work, id, 3);
    const Rows<P> back = laws::brought(on, work, Numbers(6, 1.0), {3, 2});
    nn::scatter<P>(on, CRows<P>(out), inverse, back);
    CHECK(laws::fetched<P>(on, back) == Numbers{3, 5, 1, 1, 21, 25});
}

TEST_CASE("an item read by thousands of rows has their sum, whatever the threads", "[embedding]") {
    const std::vector<Id> id(5000, 1);
    Numbers first;
    for (const int threads : {1, 2, 3}) {
        P on = laws::policy<P>(threads);
        Workspace<P> work(on);
        const CRows<P> dy = laws::brought(on, work, laws::normals(5000 * 8, 3), {5000, 8});
        const Rows<P> table = laws::brought(on, work, Numbers(16, 0.0), {2, 8});
        nn::scatter<P>(on, dy, laws::inverse(on, work, id, 2), table);
        const Numbers out = laws::fetched<P>(on, table);
        if (threads == 1) first = out;
        CHECK(out == first);
    }
}
