// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/mask_vector.hpp>

#include "conformance/layer.hpp"

using namespace coco;

namespace {

/// Each third row is masked.
struct Case {
    nn::MaskVector mask;

    template <class P>
    struct Saved {
        Rows<P> out;
        Ids<P> item;
    };

    explicit Case(ParameterLayout& layout) : mask(layout, "mask", 5, Init::normal(1)) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 5}}; }
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>&, const conformance::In<P>& x) const {
        std::vector<Id> item;
        for (Index i = 0; i < x[0].rows; ++i) item.push_back(i % 3 == 1 ? no_id : static_cast<Id>(i));
        const Saved<P> saved{ctx.work.keep(x[0].rows, x[0].cols), conformance::ids(ctx.on, ctx.work, item)};
        nn::copy<P>(ctx.on, x[0], saved.out);
        mask.add(ctx, saved.item, saved.out);
        return saved;
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        mask.backward(ctx, saved.item, dy);
        if (!dx[0].empty()) nn::copy<P>(ctx.on, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("the vector of masked rows passes the conformance test of a layer", "[mask_vector]") {
    conformance::layer<Case>();
}

TEST_CASE("the vector is added to masked rows alone", "[mask_vector]") {
    using P = conformance::PolicyUnderTest<double>;
    ParameterLayout layout;
    const nn::MaskVector mask(layout, "mask", 2, Init::ones());
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, layout, 1);
    Context<P> ctx = parameters.context(on, work);
    const Rows<P> x = conformance::uploaded(on, work, {1, 2, 3, 4, 5, 6}, {3, 2});
    mask.add(ctx, conformance::ids(on, work, std::vector<Id>{0, no_id, 7}), x);
    CHECK(conformance::downloaded<P>(on, x) == conformance::Numbers{1, 2, 4, 5, 5, 6});
}
