// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/backbone/sasrec.hpp>
#include <coco/io/safetensors.hpp>

#include "conformance/backbone.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using backbone::SASRec;
using P = conformance::PolicyUnderTest<double>;

namespace {

SASRec::Config small() {
    SASRec::Config config;
    config.encoder.width = 8;
    config.encoder.hidden = 12;
    config.encoder.dropout = config.encoder.attention_dropout = 0.2;
    config.encoder.epsilon = 1e-5;
    config.window = 17;
    return config;
}

SASRec::Config original() {
    SASRec::Config config = small();
    config.form = backbone::SASRecForm::original;
    config.encoder.activation = nn::Activation::relu;
    return config;
}

/// A tensor of the fixture, of any shape.
template <class T>
std::vector<T> all_of(const io::Safetensors& file, const std::string& name) {
    const auto values = file.get<T>(name, file.tensor(name).shape);
    return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("SASRec passes the conformance test of a backbone", "[sasrec]") {
    conformance::backbone<SASRec>(small());
    conformance::backbone<SASRec>(original());
}

TEST_CASE("SASRec's rows, loss and gradients equal PyTorch's, in both forms", "[sasrec]") {
    // tests/fixtures/sasrec_reference.py: PyTorch 2 in double, one history at a time.
    const bool s3rec = GENERATE(true, false);
    const io::Safetensors file(std::string(COCO_TEST_DIR "/fixtures/sasrec_") +
                               (s3rec ? "reference.safetensors" : "original_reference.safetensors"));
    const auto history = all_of<std::int32_t>(file, "history"),
               lengths = all_of<std::int32_t>(file, "length");
    const auto target = all_of<std::int32_t>(file, "target");
    const Index items = 23, rows = static_cast<Index>(history.size());
    SASRec::Config config = s3rec ? small() : original();
    config.encoder.dropout = config.encoder.attention_dropout = 0;
    config.encoder.epsilon = 1e-12;
    config.window = 6;

    ParameterLayout layout;
    const items::Table table(layout, {}, items, 8);
    const SASRec model(layout, config);
    P on = conformance::policy<P>(2);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    Gradients<P> gradients(on, layout);
    CHECK(file.tensors().size() == 2 * layout.tensors().size() + 5);
    for (const Tensor& t : layout.tensors())
        on.upload(all_of<double>(file, "weight." + t.name).data(), parameters.list(t.ref));
    Context<P> ctx = parameters.context(on, work);
    gradients.attach(ctx);
    ctx.training = true;

    std::vector<conformance::History> people;
    for (std::size_t s = 0, at = 0; s < lengths.size(); at += static_cast<std::size_t>(lengths[s]), ++s) {
        const auto first = history.begin() + static_cast<std::ptrdiff_t>(at);
        people.push_back({std::vector<Id>(first, first + lengths[s]), static_cast<Id>(s)});
    }
    const Sequence<P> sequence = conformance::sequence(on, work, people, items, config.window);
    const auto vectors = table.forward(ctx);
    const Rows<P> x = work.keep(rows, 8), dh = work.keep(rows, 8), dx = work.keep(rows, 8);
    nn::gather<P>(on, vectors.vectors, sequence.item, x);
    const auto saved = model.forward(ctx, sequence, CRows<P>(x));
    CHECK(conformance::distance(conformance::downloaded<P>(on, saved.h), all_of<double>(file, "h")) < 1e-10);

    Targets<P> targets;
    targets.item = conformance::ids(on, work, target);
    const Rows<P> loss = conformance::uploaded(on, work, {0.0}, {1, 1});
    loss::CrossEntropy::step(ctx, saved.h, vectors.vectors, targets, 1, loss.data, dh, vectors.gradient);
    CHECK(conformance::downloaded<P>(on, loss)[0] == Approx(all_of<double>(file, "loss")[0]).epsilon(1e-12));
    model.backward(ctx, sequence, saved, CRows<P>(dh), dx);
    nn::scatter<P>(on, CRows<P>(dx), sequence.by_item, vectors.gradient);
    for (const Tensor& t : layout.tensors()) {
        INFO(t.name);
        const conformance::Numbers expected = all_of<double>(file, "gradient." + t.name);
        CHECK(conformance::length(expected) > 0);
        CHECK(conformance::distance(conformance::downloaded<P>(on, CRows<P>(gradients.view(t.ref))),
                                    expected) < 1e-10);
    }
}

TEST_CASE("SASRec: a window of zero is an error", "[sasrec]") {
    SASRec::Config config = small();
    config.window = 0;
    ParameterLayout layout;
    CHECK_THROWS_WITH(SASRec(layout, config), "sasrec.window: out of range: expected at least 1, found 0");
}
