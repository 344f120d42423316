// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <type_traits>
#include <utility>

#include <coco/quantize/id_report.hpp>
#include <coco/train/rq_vae_trainer.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using quantize::ItemVectors;
using quantize::Quantized;
using P = conformance::PolicyUnderTest<float>;

namespace {

constexpr Index width = 12;
// A device may be an emulated one.
constexpr bool whole = std::is_same_v<P::Space, space::Host>;
constexpr std::size_t item_count = whole ? 400 : 60;
constexpr Index epoch_count = whole ? 40 : 3;

/// Items about eight centres, among them equal ones and one without text.
std::vector<float> vectors() {
    RandomStream random(1, 1);
    std::vector<float> centre(8 * width), x(item_count * width);
    for (float& v : centre) v = static_cast<float>(random.normal());
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = centre[i / width % 8 * width + i % width] + 0.3f * static_cast<float>(random.normal());
    std::copy_n(x.begin(), width, x.end() - width);
    std::fill_n(x.begin() + 7 * width, width, 0.0f);
    return x;
}

quantize::RqVae::Config model() {
    quantize::RqVae::Config config;
    config.width = 4;
    config.hidden = {16};
    config.codes = {8, 8};
    return config;
}

RqVaeTraining training() {
    RqVaeTraining config;
    config.epochs = epoch_count;
    config.batch = 50;
    config.rate = 3e-3;
    config.warm_up = 10;
    config.start_items = 200;
    return config;
}

template <class F>
std::string message(const F& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("an RQ-VAE learns to restore its items, and its ids hold what they share", "[rq_vae_trainer]") {
    P on = conformance::policy<P>(2);
    const ItemVectors items(vectors(), width);
    std::vector<double> losses;
    const Quantized made =
        quantize_by_rq_vae(on, items, model(), training(), [&](Index epoch, const RqVaeLoss& loss) {
            CHECK(epoch == static_cast<Index>(losses.size()) + 1);
            losses.push_back(loss.total());
        });
    REQUIRE(static_cast<Index>(losses.size()) == epoch_count);
    CHECK(losses.back() < losses.front());
    CHECK(made.ids.items() == static_cast<Index>(item_count));
    REQUIRE(made.left.size() == 3);
    CHECK(made.left[2] < made.left[1]);
    const Id last = static_cast<Id>(item_count) - 1;
    for (Index l = 0; l < 2; ++l) CHECK(made.ids.code(last, l) == made.ids.code(0, l));
    CHECK(made.ids.code(last, 2) > made.ids.code(0, 2));
    if (!whole) return;
    CHECK(made.error < 0.35);
    const auto likeness = quantize::likeness_by_prefix(made.ids, vectors(), width);
    CHECK(likeness[1].cosine > likeness[0].cosine + 0.3);
    for (const quantize::CodebookUse& use : quantize::report_of(made.ids).levels) CHECK(use.used >= 7);
}

TEST_CASE("an RQ-VAE's ids are a function of the seed, whatever the number of threads",
          "[rq_vae_trainer][threads]") {
    const ItemVectors items(vectors(), width);
    RqVaeTraining config = training();
    config.epochs = 3;
    const auto ids = [&](int threads) {
        P on = conformance::policy<P>(threads);
        RqVaeTrainer<P> trainer(on, items, model(), config);
        for (int epoch = 0; epoch < 3; ++epoch) trainer.epoch();
        return std::pair(trainer.quantized().ids,
                         values_of<P>(on, trainer.parameters()
                                              .block(ParameterBlock::dense)
                                              .view(1, trainer.layout().size(ParameterBlock::dense))));
    };
    const auto once = ids(1);
    CHECK(ids(1) == once);
    CHECK(ids(2) == once);
    CHECK(ids(3) == once);
    config.seed = 2;
    CHECK_FALSE(ids(1) == once);
}

TEST_CASE("codes that no item chose move to residuals of items", "[rq_vae_trainer]") {
    P on = conformance::policy<P>(2);
    const ItemVectors items(vectors(), width);
    for (const bool revive : {true, false}) {
        RqVaeTraining config = training();
        config.epochs = 5;
        config.revive = revive;
        RqVaeTrainer<P> trainer(on, items, model(), config);
        const TensorRef ref = trainer.model().quantizer().codes(0);
        std::vector<float> codes = values_of(on, trainer.parameters(), ref);
        for (std::size_t k = 0; k < 3; ++k)
            for (std::size_t j = 0; j < 4; ++j) codes[k * 4 + j] = 1e3f + static_cast<float>(k);
        on.upload(codes.data(), trainer.parameters().list(ref));
        CHECK(trainer.epoch().revived >= (revive ? 3 : 0));
        codes = values_of(on, trainer.parameters(), ref);
        for (std::size_t k = 0; k < 3; ++k) CHECK((codes[k * 4] < 100) == revive);
    }
}

TEST_CASE("an RQ-VAE's settings that do not fit the items are errors, and numbers that diverge",
          "[rq_vae_trainer]") {
    P on = conformance::policy<P>(1);
    const ItemVectors items(vectors(), width);
    const auto trained = [&](quantize::RqVae::Config shape, RqVaeTraining config) {
        return message([&] {
            RqVaeTrainer<P> trainer(on, items, shape, config);
            for (Index epoch = 0; epoch < config.epochs; ++epoch) trainer.epoch();
        });
    };
    quantize::RqVae::Config shape = model();
    shape.codes = {8, 4000};
    CHECK(trained(shape, training())
              .find("quantisation: codes: more codes in a level than different item "
                    "vectors: expected at most ") == 0);
    RqVaeTraining config = training();
    config.start_items = 5;
    CHECK(trained(model(), config) ==
          "rq_vae_training.start_items: fewer than a level's codes: expected at least 8, found 5");
    config = training();
    config.batch = 0;
    CHECK(trained(model(), config).find("rq_vae_training.batch: out of range") == 0);

    std::vector<float> huge = vectors();
    for (float& v : huge) v *= 1e19f;
    const ItemVectors far(huge, width);
    CHECK(message([&] {
              quantize_by_rq_vae(on, far, model(), training());
          }).find("training, rq_vae epoch 1, step 1: ") == 0);
}
