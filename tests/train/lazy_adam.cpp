// SPDX-License-Identifier: Apache-2.0
// LazyAdam against its law written out, against AdamW where every row is touched, and in whole trainings.
#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include <coco/backbone/sasrec.hpp>
#include <coco/host/host.hpp>
#include <coco/loss/info_nce.hpp>
#include <coco/loss/sampled_softmax.hpp>
#include <coco/train/lazy_adam.hpp>

#include "conformance/optimizer.hpp"
#include "small_shop.hpp"

using namespace coco;
using P = BasicHost<double>;
using test::SmallShop;

namespace {

using Few =
    SequentialRecommender<backbone::SASRec, items::Table,
                          Objectives<loss::SampledSoftmax, loss::InfoNce, loss::Bce, loss::CrossEntropy>>;
template <class O>
using Config = TrainConfig<Few, typename O::Config>;

template <class O>
Config<O> config_of(const char* objective) {
    Config<O> c;
    c.model.behaviour.backbone.encoder.width = 16;
    c.model.behaviour.backbone.encoder.hidden = 32;
    c.model.behaviour.backbone.encoder.layers = 1;
    c.model.loss.objective = objective;
    std::get<0>(c.model.objectives.of).negatives = 20;
    c.optimizer.clip = 0;
    c.schedule.batch.samples = 64;
    c.schedule.epochs = 2;
    c.schedule.joint_epochs = 0;
    return c;
}

/// All trained values after a run that `steps` ends.
template <class O>
std::vector<float> values_after(const SmallShop& shop, const Config<O>& config, Index steps) {
    Trainer<Few, Host, O> trainer(config, shop.data.catalogue, std::make_shared<Host>(2));
    Index done = 0;
    trainer.fit(shop.split.train, shop.split.valid,
                [&](const Progress& p) { return p.kind != Progress::Kind::step || ++done < steps; });
    std::vector<float> all;
    trainer.for_each_block([&](std::string_view section, ParameterBlock, auto list) {
        if (section == "values") all.insert(all.end(), list.data, list.data + list.size);
    });
    return all;
}

}  // namespace

TEST_CASE("LazyAdam conforms", "[lazy_adam]") { conformance::optimizer<LazyAdam>({.decay = 0.1}); }

TEST_CASE("LazyAdam: touched rows equal the algorithm, others keep every bit", "[lazy_adam]") {
    P on(1);
    constexpr Index items = 9, width = 3;
    ParameterLayout layout;
    const TensorRef table =
        layout.claim("item", items, width, Init::normal(1), Decay::no, ParameterBlock::table);
    Parameters<P> values(on, layout, 3);
    Gradients<P> gradients(on, layout);
    LazyAdam<P> optimizer(on, layout, {});
    TouchedRows<P> touched(layout);
    std::vector<double> x = values_of(on, values, table), m(x.size()), v(x.size());
    const std::vector<double> rates{1e-2};
    for (int step = 1; step <= 4; ++step) {
        std::vector<Id> rows;
        for (Id r = 0; r < items; ++r)
            if ((r + step) % 3 == 0) rows.push_back(r);
        std::vector<double> g(x.size());
        for (std::size_t i = 0; i < g.size(); ++i) g[i] = std::sin(static_cast<double>(i) * step + 1);
        on.upload(g.data(), gradients.block(ParameterBlock::table).list().from(0, items * width));
        touched.set(on, rows);
        touched.pack(on, TouchedRows<P>::gradients, gradients.block(ParameterBlock::table));
        const auto numbers = [&](auto& from) { return values_of<P>(on, CRows<P>(from.view(table))); };
        const auto all = [&] {
            return std::array{values_of(on, values, table), numbers(optimizer.state(0)),
                              numbers(optimizer.state(1))};
        };
        const auto before = all();
        optimizer.step(on, {values, gradients, rates, nullptr, &touched});
        const auto now = all();
        for (const Id r : rows)
            for (std::size_t i = static_cast<std::size_t>(r) * 3; i < static_cast<std::size_t>(r) * 3 + 3;
                 ++i) {
                m[i] = 0.9 * m[i] + 0.1 * g[i];
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                x[i] -= 1e-2 * (m[i] / (1 - std::pow(0.9, step))) /
                        (std::sqrt(v[i] / (1 - std::pow(0.999, step))) + 1e-8);
            }
        for (std::size_t i = 0; i < x.size(); ++i) {
            CHECK(now[0][i] == Approx(x[i]).epsilon(1e-12));
            CHECK(now[1][i] == Approx(m[i]).epsilon(1e-12));
            CHECK(now[2][i] == Approx(v[i]).epsilon(1e-12));
            if ((static_cast<int>(i) / 3 + step) % 3 == 0) continue;
            for (std::size_t k = 0; k < 3; ++k) CHECK(now[k][i] == before[k][i]);
        }
        touched.clear(on, TouchedRows<P>::gradients, gradients.block(ParameterBlock::table));
        const std::vector<double> cleared = numbers(gradients);
        for (std::size_t i = 0; i < x.size(); ++i)
            CHECK((cleared[i] == 0) == ((static_cast<int>(i) / 3 + step) % 3 == 0));
    }
}

TEST_CASE("LazyAdam: with every row touched it is AdamW, bit by bit", "[lazy_adam]") {
    const conformance::OptimizerLayout layout;
    P on(1);
    Parameters<P> a(on, layout, 3), b(on, layout, 3);
    Gradients<P> gradients(on, layout);
    AdamW<P> adam(on, layout, {.decay = 0.1});
    LazyAdam<P> lazy(on, layout, {.decay = 0.1});
    TouchedRows<P> touched(layout);
    std::vector<Id> all(7);
    std::iota(all.begin(), all.end(), 0);
    const std::vector<double> rates(layout.groups().size(), 1e-2);
    for (int step = 1; step <= 3; ++step) {
        for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
            auto list = gradients.block(block).list();
            for (Index i = 0; i < list.size; ++i) list.data[i] = std::sin(static_cast<double>(i * step) + 1);
        }
        touched.set(on, all);
        touched.pack(on, TouchedRows<P>::gradients, gradients.block(ParameterBlock::table));
        adam.step(on, {a, gradients, rates});
        lazy.step(on, {b, gradients, rates, nullptr, &touched});
        for (const Tensor& t : layout.tensors()) CHECK(values_of(on, a, t.ref) == values_of(on, b, t.ref));
    }
}

TEST_CASE("LazyAdam: a first step is AdamW's, later ones are not, but where every row is touched",
          "[lazy_adam]") {
    const SmallShop shop;
    for (const char* const objective : {loss::SampledSoftmax::name, loss::InfoNce::name, loss::Bce::name}) {
        const auto dense = values_after<AdamW<Host>>(shop, config_of<AdamW<Host>>(objective), 1),
                   lazy = values_after<LazyAdam<Host>>(shop, config_of<LazyAdam<Host>>(objective), 1);
        CHECK(dense == lazy);
        CHECK(values_after<AdamW<Host>>(shop, config_of<AdamW<Host>>(objective), 4) !=
              values_after<LazyAdam<Host>>(shop, config_of<LazyAdam<Host>>(objective), 4));
    }
    // Over the whole catalogue every row is touched.
    CHECK(values_after<AdamW<Host>>(shop, config_of<AdamW<Host>>(loss::CrossEntropy::name), 5) ==
          values_after<LazyAdam<Host>>(shop, config_of<LazyAdam<Host>>(loss::CrossEntropy::name), 5));
}

TEST_CASE("LazyAdam: sampled losses learn", "[lazy_adam]") {
    const SmallShop shop;
    for (const char* const objective : {loss::SampledSoftmax::name, loss::InfoNce::name})
        for (const Samples samples : {Samples::prefixes, Samples::positions}) {
            auto config = config_of<LazyAdam<Host>>(objective);
            config.sampling.samples = samples;
            config.schedule.epochs = 12;
            config.schedule.rate = 1e-2;
            Trainer<Few, Host, LazyAdam<Host>> trainer(config, shop.data.catalogue,
                                                       std::make_shared<Host>(2));
            std::vector<double> losses;
            trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
                if (p.kind == Progress::Kind::epoch) losses.push_back(p.loss);
                return true;
            });
            REQUIRE(losses.size() >= 4);
            CHECK(losses.back() < 0.95 * losses.front());
        }
}
