"""Talk to one model: hosted (`openai_api`, `providers`), on this machine (`llama_cpp`), or made up (`fake`)."""
